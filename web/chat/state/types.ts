/** The words of the chat page's state. All of it is plain, frozen-by-habit data. */

/** What a member of a room said, as it came from the server. */
export interface Incoming {
  /** The sender's random name for it; empty when another kind of client sent it. */
  readonly id: string;
  readonly sender: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly offset: number;
}

/** What is said about a message: it stands behind it in the same log, at an offset of its own. */
export interface Aside {
  readonly kind: "edit" | "delete" | "reaction";
  /** The offset of the message. */
  readonly about: number;
  readonly sender: string;
  /** The sender's connection. */
  readonly client: string;
  /** What the message reads now. */
  readonly text: string;
  readonly reaction: string;
  /** Whether the reaction is taken back. */
  readonly removed: boolean;
  readonly offset: number;
}

/** What is to be known now and is not kept: who writes, and how far somebody has received or read. */
export type Sign =
  | { readonly kind: "typing"; readonly sender: string; readonly forMs: number }
  | { readonly kind: "received" | "read"; readonly sender: string; readonly upto: number }
  | { readonly kind: "online"; readonly sender: string; readonly seen: number };

/** How far a user has got. */
export interface Receipt {
  readonly read: number;
  readonly received: number;
}

/**
 * All that was said about one message; each user, or connection without a name, has each reaction once, and the
 * last word counts.
 */
export interface Notes {
  readonly text: string | null;
  readonly editedAt: number;
  readonly deleted: boolean;
  /** By reaction and who reacts: the offset of the last word, and whether it took the reaction back. */
  readonly reactions: ReadonlyMap<string, { readonly offset: number; readonly removed: boolean }>;
}

/** A message with its place. An `era` ends when the server's log begins anew and offsets restart. */
export interface Message extends Incoming {
  readonly key: string;
  readonly era: number;
}

/** Somebody came or went. It stands behind the message at (`era`, `after`). */
export interface Notice {
  readonly key: string;
  readonly kind: "joined" | "left";
  readonly users: readonly string[];
  readonly time: number;
  readonly era: number;
  readonly after: number;
}

/** A place where messages may be missing, behind the message at (`era`, `after`). */
export interface Gap {
  readonly key: string;
  readonly era: number;
  readonly after: number;
  /** The lowest offset known behind the gap; null until the next page is loaded. */
  readonly before: number | null;
  /** What can be done: wait for a page, ask for one, or nothing since the server has it no more. */
  readonly state: "open" | "loading" | "lost";
}

/** Where the "new" line stands: behind this offset of the current era. */
export interface Divider {
  readonly era: number;
  readonly after: number;
  readonly cause: "unread" | "missed";
}

/** Who is in a room: connections and their users. */
export interface Presence {
  readonly known: boolean;
  readonly clients: ReadonlyMap<string, string>;
  /** Joins (user) and leaves (null) that happened while a snapshot was under way. */
  readonly since: ReadonlyMap<string, string | null> | null;
  /** Users that a snapshot did not have any more, and when it came. */
  readonly missing: ReadonlyMap<string, number>;
}

export type HistoryState = "unloaded" | "loading" | "ready" | "failed";

export interface Room {
  readonly name: string;
  readonly membership: "joining" | "joined" | "refused";
  readonly refusal: string;
  readonly epoch: string;
  readonly era: number;
  /** The highest offset known, the lowest one loaded, and the one up to which it was read. */
  readonly top: number;
  readonly floor: number;
  readonly read: number;
  readonly messages: readonly Message[];
  readonly notices: readonly Notice[];
  readonly gaps: readonly Gap[];
  readonly divider: Divider | null;
  readonly history: HistoryState;
  /** Whether nothing older than `floor` is to be had. */
  readonly complete: boolean;
  readonly presence: Presence;
  /** What was said about messages, by era and offset. */
  readonly notes: ReadonlyMap<string, Notes>;
  /** Entries behind `read` that are no unread messages: one's own, and what is about others. */
  readonly silent: number;
  /** Until when somebody counts as writing, by user. */
  readonly typing: ReadonlyMap<string, number>;
  readonly receipts: ReadonlyMap<string, Receipt>;
  /** When users who are away were there last. */
  readonly seen: ReadonlyMap<string, number>;
}

/**
 * queued: to be sent as soon as possible; sending: under way; waiting: the connection was lost, it goes
 * out again by itself; acked: stored, its copy is on the way; failed: refused, only the user can retry.
 */
export type Delivery = "queued" | "sending" | "waiting" | "acked" | "failed";

export interface Outgoing {
  readonly id: string;
  readonly room: string;
  readonly text: string;
  readonly time: number;
  readonly delivery: Delivery;
  readonly attempts: number;
  readonly reason: string;
}

export interface ConnectionState {
  readonly phase: "idle" | "connecting" | "online" | "reconnecting" | "closed";
  /** When the next attempt begins (milliseconds since 1970); null while one is under way or unknown. */
  readonly nextTryAt: number | null;
  /** Whether an attempt has failed since it was last online. */
  readonly troubled: boolean;
  /** Why it is closed. */
  readonly reason: string;
  /** How often the connection was restored, so that a note can be shown for each time. */
  readonly restored: number;
}

export interface State {
  readonly user: string;
  readonly active: string;
  readonly rooms: readonly Room[];
  readonly outbox: readonly Outgoing[];
  readonly connection: ConnectionState;
  /** Something that went wrong, told once; `number` grows with each. */
  readonly flash: { readonly text: string; readonly number: number };
}

/** What is kept between visits. */
export interface ReadMark {
  readonly epoch: string;
  readonly offset: number;
}
