/** What the browser remembers between visits: the name, the rooms, how far they were read, unsent messages. */

import type { Outgoing, ReadMark } from "../state/types";

const NAME = "hubbub.name";
const ROOMS = "hubbub.rooms";
const READ = "hubbub.read.";
const OUTBOX = "hubbub.outbox.";
const DEVICE = "hubbub.device";
const NOTIFIES = "hubbub.notifies";

/** The part of the browser's storage that is used. It may be full or forbidden: then nothing is remembered. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const isString = (value: unknown): value is string => typeof value === "string";

/** Keeps values under names of our own. Every message has its own entry, so that tabs do not overwrite another's. */
export class Keep {
  readonly #store: Store | null;

  constructor(store: Store | null) {
    this.#store = store;
  }

  name(): string {
    return this.#read(NAME) ?? "";
  }

  setName(name: string): void {
    this.#write(NAME, name);
  }

  /** This browser's name; `make` gives it one the first time. */
  device(make: () => string): string {
    const known = this.#read(DEVICE);
    if (known) return known;
    const made = make();
    this.#write(DEVICE, made);
    return made;
  }

  notifies(): boolean {
    return this.#read(NOTIFIES) === "yes";
  }

  setNotifies(wished: boolean): void {
    if (wished) this.#write(NOTIFIES, "yes");
    else this.#remove(NOTIFIES);
  }

  rooms(): readonly string[] {
    const rooms: unknown = this.#parse(ROOMS);
    return Array.isArray(rooms) ? rooms.filter(isString) : [];
  }

  setRooms(rooms: readonly string[]): void {
    this.#write(ROOMS, JSON.stringify(rooms));
  }

  readMark(room: string): ReadMark | undefined {
    const mark = this.#parse(READ + room) as Partial<ReadMark> | null;
    const whole = mark && isString(mark.epoch) && Number.isSafeInteger(mark.offset);
    return whole ? (mark as ReadMark) : undefined;
  }

  setReadMark(room: string, mark: ReadMark): void {
    this.#write(READ + room, JSON.stringify(mark));
  }

  forgetRoom(room: string): void {
    this.#remove(READ + room);
  }

  /** Return the messages that were not known to be stored, oldest first. */
  outbox(): readonly Outgoing[] {
    const entries = this.#keys(OUTBOX).map((key) => this.#parse(key) as Partial<Outgoing> | null);
    const whole = entries.filter(
      (entry): entry is Outgoing =>
        isString(entry?.id) && isString(entry.room) && isString(entry.text) && typeof entry.time === "number",
    );
    return whole
      .map(({ id, room, text, time, delivery, reason }) => {
        const failed = delivery === "failed";
        return { id, room, text, time, attempts: 0, delivery: failed ? delivery : ("waiting" as const), reason };
      })
      .sort((a, b) => a.time - b.time);
  }

  /** Write what changed between two outboxes; messages that are stored by the server are forgotten. */
  syncOutbox(before: readonly Outgoing[], after: readonly Outgoing[]): void {
    if (before === after) return;
    const kept = new Map(after.filter((entry) => entry.delivery !== "acked").map((entry) => [entry.id, entry]));
    for (const entry of before) if (!kept.has(entry.id)) this.#remove(OUTBOX + entry.id);
    for (const entry of kept.values()) {
      if (!before.includes(entry)) this.#write(OUTBOX + entry.id, JSON.stringify(entry));
    }
  }

  #keys(prefix: string): readonly string[] {
    try {
      const store = this.#store;
      const all = Array.from({ length: store?.length ?? 0 }, (_, index) => store?.key(index) ?? "");
      return all.filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  }

  #parse(key: string): unknown {
    try {
      return JSON.parse(this.#read(key) ?? "null");
    } catch {
      return null;
    }
  }

  #read(key: string): string | null {
    try {
      return this.#store?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  #write(key: string, value: string): void {
    try {
      this.#store?.setItem(key, value);
    } catch {
      // Full or forbidden: the page works without a memory.
    }
  }

  #remove(key: string): void {
    try {
      this.#store?.removeItem(key);
    } catch {
      // As above.
    }
  }
}
