/** Everything that can happen, as data. Times are given by whoever dispatches: the state has no clock. */

import type { Aside, Incoming, ReadMark, Receipt } from "./types";

export interface Subscribed {
  readonly epoch: string;
  readonly offset: number;
  readonly wasRecovering: boolean;
  readonly recovered: boolean;
  /** Whether missed messages follow at once. */
  readonly missed: boolean;
}

/** Which page of history was asked for: the newest, the one below `floor`, or the one that fills a gap. */
export type PageKind = "latest" | "older" | { readonly gap: string };

export type Action =
  | { type: "named"; user: string }
  | { type: "connecting"; lost: boolean }
  | { type: "nextTry"; at: number | null }
  | { type: "online" }
  | { type: "closed"; reason: string }
  | { type: "roomAdded"; room: string; mark?: ReadMark }
  | { type: "roomActivated"; room: string }
  | { type: "roomRemoved"; room: string }
  | { type: "roomRead"; room: string }
  | { type: "subscribed"; room: string; how: Subscribed }
  | { type: "refused"; room: string; reason: string }
  | { type: "received"; room: string; message: Incoming }
  | { type: "annotated"; room: string; aside: Aside }
  | { type: "typed"; room: string; user: string; until: number }
  | { type: "marked"; room: string; user: string; kind: "received" | "read"; upto: number }
  | { type: "receiptsLoaded"; room: string; users: ReadonlyMap<string, Receipt> }
  | { type: "counted"; room: string; unread: number; read: number; offset: number }
  | { type: "seen"; room: string; users: ReadonlyMap<string, number> }
  | { type: "flashed"; text: string }
  | { type: "pageRequested"; room: string; page: PageKind }
  | {
      type: "pageLoaded";
      room: string;
      page: PageKind;
      epoch: string;
      messages: readonly Incoming[];
      asides?: readonly Aside[];
      short: boolean;
    }
  | { type: "pageFailed"; room: string; page: PageKind }
  | { type: "presenceRequested"; room: string }
  | { type: "presenceLoaded"; room: string; clients: ReadonlyMap<string, string>; now: number }
  | { type: "joined"; room: string; client: string; user: string; now: number }
  | { type: "left"; room: string; client: string; user: string; now: number }
  | { type: "composed"; room: string; id: string; text: string; now: number }
  | { type: "sending"; id: string }
  | { type: "acked"; id: string }
  | { type: "delayed"; id: string; reason: string }
  | { type: "sendFailed"; id: string; reason: string }
  | { type: "retried"; id: string }
  | { type: "discarded"; id: string };
