import { describe, expect, it } from "vitest";
import type { Action } from "./actions";
import { MAX_ATTEMPTS, nextToSend } from "./outbox";
import { initialState, reducer, roomOf } from "./reducer";
import type { Incoming, State } from "./types";

const play = (state: State, ...actions: Action[]): State => actions.reduce(reducer, state);

const how = { epoch: "e1", offset: 0, wasRecovering: false, recovered: false, missed: false };
const composed = (id: string): Action => ({ type: "composed", room: "lobby", id, text: `text ${id}`, now: 5 });
const echo = (id: string, offset: number, sender = "Ada"): Action => {
  const message: Incoming = { id, sender, text: `text ${id}`, time: 6, offset };
  return { type: "received", room: "lobby", message };
};

const start = (): State =>
  play(
    initialState("Ada", []),
    { type: "roomAdded", room: "lobby" },
    { type: "roomActivated", room: "lobby" },
    { type: "connecting", lost: false },
    { type: "online" },
    { type: "subscribed", room: "lobby", how },
  );

const deliveries = (state: State) => state.outbox.map((entry) => [entry.id, entry.delivery]);

describe("the outbox", () => {
  it("is settled by the message's own copy, whichever comes first", () => {
    const sending = play(start(), composed("a"), { type: "sending", id: "a" });
    expect(play(sending, { type: "acked", id: "a" }, echo("a", 1)).outbox).toEqual([]);
    expect(play(sending, echo("a", 1), { type: "acked", id: "a" }).outbox).toEqual([]);
  });

  it("is not settled by somebody else's use of the id", () => {
    const sending = play(start(), composed("a"), { type: "sending", id: "a" });
    expect(deliveries(play(sending, echo("a", 1, "Eve")))).toEqual([["a", "sending"]]);
  });

  it("sends in order, one at a time", () => {
    const two = play(start(), composed("a"), composed("b"));
    expect(nextToSend(two.outbox, "lobby")?.id).toBe("a");
    const busy = play(two, { type: "sending", id: "a" });
    expect(nextToSend(busy.outbox, "lobby")).toBeNull();
    expect(nextToSend(play(busy, { type: "acked", id: "a" }).outbox, "lobby")?.id).toBe("b");
    expect(nextToSend(two.outbox, "elsewhere")).toBeNull();
  });

  it("waits while the connection is away, and goes on with the same id", () => {
    const lost = play(start(), composed("a"), { type: "sending", id: "a" }, { type: "connecting", lost: true });
    expect(deliveries(lost)).toEqual([["a", "waiting"]]);
    const late = play(lost, { type: "delayed", id: "a", reason: "transport closed" });
    expect(late.outbox[0]).toMatchObject({ delivery: "waiting", attempts: 0 });
    expect(nextToSend(play(late, { type: "online" }).outbox, "lobby")?.id).toBe("a");
  });

  it("waits from the start when it is written without a connection", () => {
    const state = play(start(), { type: "connecting", lost: true }, composed("a"));
    expect(deliveries(state)).toEqual([["a", "waiting"]]);
  });

  it("gives up after answers that promised nothing, and starts over when the user asks", () => {
    let state = play(start(), composed("a"));
    for (let i = 0; i < MAX_ATTEMPTS; i += 1) {
      state = play(state, { type: "sending", id: "a" }, { type: "delayed", id: "a", reason: "timeout" });
    }
    expect(state.outbox[0]).toMatchObject({ delivery: "failed", reason: "timeout" });
    expect(nextToSend(state.outbox, "lobby")).toBeNull();
    expect(nextToSend(play(state, { type: "retried", id: "a" }).outbox, "lobby")?.id).toBe("a");
  });

  it("does not let a refused message hold up the next", () => {
    const state = play(start(), composed("a"), composed("b"), { type: "sending", id: "a" });
    const refused = play(state, { type: "sendFailed", id: "a", reason: "permission denied" });
    expect(nextToSend(refused.outbox, "lobby")?.id).toBe("b");
    expect(deliveries(play(refused, { type: "discarded", id: "a" }))).toEqual([["b", "queued"]]);
  });

  it("is struck out by history after a reload", () => {
    const kept = initialState("Ada", play(start(), composed("a")).outbox);
    const state = play(kept, { type: "roomAdded", room: "lobby" }, { type: "subscribed", room: "lobby", how });
    expect(deliveries(state)).toEqual([["a", "waiting"]]);
    const messages = [{ id: "a", sender: "Ada", text: "text a", time: 6, offset: 1 }];
    const page: Action = { type: "pageLoaded", room: "lobby", page: "latest", epoch: "e1", messages, short: true };
    expect(play(state, page).outbox).toEqual([]);
  });
});

describe("rooms", () => {
  it("shows where the unread ones begin when a room is opened, and forgets it on leaving", () => {
    const other = play(start(), { type: "roomAdded", room: "tea" }, { type: "subscribed", room: "tea", how });
    const grown = play(other, { type: "received", room: "tea", message: { id: "x", sender: "Bo", text: "x", time: 1, offset: 1 } });
    const opened = play(grown, { type: "roomActivated", room: "tea" });
    expect(roomOf(opened, "tea")?.divider).toEqual({ era: 0, after: 0, cause: "unread" });
    const back = play(opened, { type: "roomActivated", room: "lobby" });
    expect(roomOf(back, "tea")?.divider).toBeNull();
  });

  it("takes its unsent messages along when it is removed", () => {
    const state = play(start(), composed("a"), { type: "roomRemoved", room: "lobby" });
    expect([state.rooms.length, state.outbox.length]).toEqual([0, 0]);
  });
});

describe("the connection", () => {
  it("counts as restored only after it was lost", () => {
    const first = start();
    expect(first.connection).toMatchObject({ phase: "online", restored: 0 });
    const lost = play(first, { type: "connecting", lost: true }, { type: "nextTry", at: 99 });
    expect(lost.connection).toMatchObject({ phase: "reconnecting", nextTryAt: 99, troubled: true });
    expect(play(lost, { type: "online" }).connection).toMatchObject({ phase: "online", restored: 1, nextTryAt: null });
  });

  it("is not lost when one comes back on purpose", () => {
    const renaming = play(start(), { type: "connecting", lost: false });
    expect(renaming.connection.phase).toBe("connecting");
    expect(play(renaming, { type: "online" }).connection.restored).toBe(0);
    const hurried = play(start(), { type: "connecting", lost: true }, { type: "connecting", lost: false });
    expect(hurried.connection.phase).toBe("reconnecting");
  });

  it("stays troubled from the first failed attempt until it is online", () => {
    const first = play(initialState("Ada", []), { type: "connecting", lost: false });
    const tried = play(first, { type: "nextTry", at: 99 }, { type: "nextTry", at: null });
    expect([first, tried, play(tried, { type: "online" })].map((s) => s.connection.troubled)).toEqual([false, true, false]);
  });

  it("is closed for good when the server says so", () => {
    const closed = play(start(), composed("a"), { type: "closed", reason: "invalid token" });
    expect(closed.connection).toMatchObject({ phase: "closed", reason: "invalid token" });
    expect(deliveries(closed)).toEqual([["a", "waiting"]]);
  });
});
