/** What was written and is not known to be stored yet. Every message keeps its id, so sending twice is safe. */

import type { Action } from "./actions";
import type { Delivery, Outgoing } from "./types";

/** Give up by itself after so many answers that promised nothing. */
export const MAX_ATTEMPTS = 5;

export type OutboxAction = Extract<
  Action,
  { type: "composed" | "sending" | "acked" | "delayed" | "sendFailed" | "retried" | "discarded" }
>;

const change = (outbox: readonly Outgoing[], id: string, fields: Partial<Outgoing>): readonly Outgoing[] =>
  outbox.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry));

export function outboxReducer(outbox: readonly Outgoing[], action: OutboxAction): readonly Outgoing[] {
  switch (action.type) {
    case "composed": {
      const { id, room, text, now } = action;
      return [...outbox, { id, room, text, time: now, delivery: "queued", attempts: 0, reason: "" }];
    }
    case "sending":
      return change(outbox, action.id, { delivery: "sending", reason: "" });
    case "acked":
      return change(outbox, action.id, { delivery: "acked", reason: "" });
    case "delayed":
      return outbox.map((entry) => (entry.id === action.id ? delayed(entry, action.reason) : entry));
    case "sendFailed":
      return change(outbox, action.id, { delivery: "failed", reason: action.reason });
    case "retried":
      return change(outbox, action.id, { delivery: "queued", attempts: 0, reason: "" });
    case "discarded":
      return outbox.filter((entry) => entry.id !== action.id);
  }
}

function delayed(entry: Outgoing, reason: string): Outgoing {
  // An entry that waits already was interrupted: that is no answer to count.
  if (entry.delivery !== "sending") return entry;
  const attempts = entry.attempts + 1;
  const delivery: Delivery = attempts >= MAX_ATTEMPTS ? "failed" : "waiting";
  return { ...entry, attempts, delivery, reason };
}

/** The connection is gone: what was under way goes out again when it is back, with all its attempts. */
export function interrupted(outbox: readonly Outgoing[]): readonly Outgoing[] {
  const open = (entry: Outgoing): boolean => entry.delivery !== "failed" && entry.delivery !== "acked";
  if (!outbox.some(open)) return outbox;
  return outbox.map((entry) => (open(entry) ? { ...entry, delivery: "waiting", attempts: 0 } : entry));
}

/** Strike out what has come back through the room; `ids` are those of one's own messages in it. */
export function settled(outbox: readonly Outgoing[], room: string, ids: ReadonlySet<string>): readonly Outgoing[] {
  const done = (entry: Outgoing): boolean => entry.room === room && ids.has(entry.id);
  return outbox.some(done) ? outbox.filter((entry) => !done(entry)) : outbox;
}

/** Drop stored messages whose copy did not come: the newest page, just loaded, tells the truth. */
export function forgetAcked(outbox: readonly Outgoing[], room: string): readonly Outgoing[] {
  const stale = (entry: Outgoing): boolean => entry.room === room && entry.delivery === "acked";
  return outbox.some(stale) ? outbox.filter((entry) => !stale(entry)) : outbox;
}

/** The next message to send in a room: the oldest that is not settled, unless one is under way. */
export function nextToSend(outbox: readonly Outgoing[], room: string): Outgoing | null {
  const mine = outbox.filter((entry) => entry.room === room);
  if (mine.some((entry) => entry.delivery === "sending")) return null;
  return mine.find((entry) => entry.delivery === "queued" || entry.delivery === "waiting") ?? null;
}
