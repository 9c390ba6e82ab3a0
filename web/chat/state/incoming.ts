/** Make something of whatever a publication holds: other programs may publish anything into a room. */

import type { Aside, Incoming, Sign } from "./types";

/** A publication, as far as the page needs it. */
export interface RawPublication {
  readonly data: unknown;
  readonly user: string;
  /** The connection that said it: who it is that has no name. */
  readonly client: string;
  readonly offset: number;
  readonly time: number;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** What a publication is: a message, something about one, or a sign of life. */
export interface Said {
  readonly message?: Incoming;
  readonly aside?: Aside;
  readonly sign?: Sign;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (isRecord(data) && typeof data["text"] === "string") return data["text"];
  return JSON.stringify(data) ?? "";
}

/** Read a publication. What is no `{id, text}` object is shown as it is. */
export function readPublication(raw: RawPublication): Incoming {
  const id = isRecord(raw.data) && typeof raw.data["id"] === "string" ? raw.data["id"] : "";
  return { id, sender: raw.user, text: textOf(raw.data), time: raw.time, offset: raw.offset };
}

const numberIn = (data: unknown, name: string): number => {
  const value = isRecord(data) ? data[name] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
};

/** Read what the server's tag says of a publication; a kind that is not known is shown to nobody. */
export function readSaid(raw: RawPublication): Said {
  const kind = raw.tags?.["kind"];
  if (kind === undefined) return { message: readPublication(raw) };
  const about = Number(raw.tags?.["about"] ?? 0);
  const aside = { about, sender: raw.user, client: raw.client, text: "", reaction: "", removed: false, offset: raw.offset };
  switch (kind) {
    case "edit":
      return { aside: { ...aside, kind, text: textOf(raw.data) } };
    case "delete":
      return { aside: { ...aside, kind } };
    case "deleted": {
      if (about) return { aside: { ...aside, kind: "delete" } };
      const message = { id: "", sender: raw.user, text: "", time: raw.time, offset: raw.offset };
      return { message, aside: { ...aside, kind: "delete", about: raw.offset } };
    }
    case "reaction": {
      const reaction = isRecord(raw.data) ? raw.data["reaction"] : undefined;
      const removed = isRecord(raw.data) && raw.data["removed"] === true;
      return typeof reaction === "string" ? { aside: { ...aside, kind, reaction, removed } } : { aside: nothing(aside) };
    }
    case "typing": {
      const on = isRecord(raw.data) && raw.data["typing"] === true;
      return { sign: { kind, sender: raw.user, forMs: on ? numberIn(raw.data, "for_s") * 1000 : 0 } };
    }
    case "online":
      return { sign: { kind, sender: raw.user, seen: numberIn(raw.data, "seen") } };
    case "received":
    case "read":
      return { sign: { kind, sender: raw.user, upto: numberIn(raw.data, "offset") } };
    default:
      return raw.offset > 0 ? { aside: nothing(aside) } : {};
  }
}

/** Something that has a place in the log and nothing to show. */
const nothing = (aside: Omit<Aside, "kind">): Aside => ({ ...aside, kind: "reaction", about: 0 });
