/** Make a message of whatever a publication holds: other programs may publish anything into a room. */

import type { Incoming } from "./types";

/** A publication, as far as the page needs it. */
export interface RawPublication {
  readonly data: unknown;
  readonly user: string;
  readonly offset: number;
  readonly time: number;
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
