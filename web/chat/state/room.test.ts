import { describe, expect, it } from "vitest";
import * as rooms from "./room";
import { clientJoined } from "./presence";
import type { Incoming, Room } from "./types";

const message = (offset: number): Incoming => ({
  id: `id${offset}`,
  sender: "Ada",
  text: `text ${offset}`,
  time: offset * 1000,
  offset,
});

const range = (from: number, to: number): Incoming[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

const joined = (offset: number, more: Partial<Parameters<typeof rooms.subscribed>[1]> = {}) => ({
  epoch: "e1",
  offset,
  wasRecovering: false,
  recovered: false,
  missed: false,
  ...more,
});

const lost = (offset: number, epoch = "e1") => joined(offset, { epoch, wasRecovering: true });

const entered = (top: number): Room => rooms.subscribed(rooms.newRoom("lobby"), joined(top));
const opened = (top: number, from: number): Room =>
  rooms.pageLoaded(entered(top), "latest", "e1", range(from, top), false);
const offsets = (room: Room): number[] => room.messages.map((each) => each.offset);

describe("history", () => {
  it("joins the newest page with what came live meanwhile", () => {
    const live = rooms.received(entered(10), message(11));
    const room = rooms.pageLoaded(live, "latest", "e1", range(2, 10), false);
    expect(offsets(room)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([room.floor, room.top, room.complete, room.history]).toEqual([2, 11, false, "ready"]);
  });

  it("is complete with offset 1, or when a page is short since older ones have expired", () => {
    expect(rooms.pageLoaded(opened(9, 5), "older", "e1", range(1, 4), false).complete).toBe(true);
    expect(rooms.pageLoaded(opened(9, 5), "older", "e1", range(3, 4), true).complete).toBe(true);
    expect(rooms.pageLoaded(opened(9, 5), "older", "e1", range(3, 4), false).complete).toBe(false);
  });

  it("moves its floor also by messages that were left out as copies", () => {
    const copy = { ...message(4), id: "id9" };
    expect(rooms.pageLoaded(opened(9, 5), "older", "e1", [copy], false).floor).toBe(4);
  });

  it("does not take a page of another epoch", () => {
    const room = rooms.pageLoaded(entered(3), "latest", "old", range(1, 3), false);
    expect([room.messages.length, room.history]).toEqual([0, "failed"]);
  });

  it("forgets the oldest when there are too many, and can load them again", () => {
    const many = rooms.KEEP + rooms.SLACK;
    const full = opened(many, 1);
    const room = rooms.received(full, message(many + 1));
    expect(room.messages.length).toBe(rooms.KEEP);
    expect([room.floor, room.complete]).toEqual([room.messages[0]?.offset, false]);
  });
});

describe("recovery", () => {
  it("leaves no gap when everything was recovered, and marks where the missed ones begin", () => {
    const back = rooms.subscribed(opened(5, 1), joined(5, { wasRecovering: true, recovered: true, missed: true }));
    expect(back.gaps).toEqual([]);
    expect(back.divider).toEqual({ era: 0, after: 5, cause: "missed" });
    expect(back.history).toBe("ready");
  });

  it("leaves a gap when it failed, and asks for the newest page", () => {
    const back = rooms.subscribed(opened(5, 1), lost(90));
    expect(back.gaps).toMatchObject([{ after: 5, before: null, state: "open" }]);
    expect([back.history, back.top]).toEqual(["unloaded", 90]);
  });

  it("closes the gap when the newest page reaches what was here", () => {
    const back = rooms.subscribed(opened(5, 1), lost(9));
    const room = rooms.pageLoaded(back, "latest", "e1", range(4, 9), false);
    expect([room.gaps, offsets(room)]).toEqual([[], [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  it("narrows the gap page by page until it is closed", () => {
    const back = rooms.subscribed(opened(5, 1), lost(90));
    const first = rooms.pageLoaded(back, "latest", "e1", range(60, 90), false);
    expect(first.gaps).toMatchObject([{ after: 5, before: 60, state: "open" }]);
    const page = { gap: first.gaps[0]!.key };
    expect(rooms.pageRequested(first, page).gaps[0]?.state).toBe("loading");
    const second = rooms.pageLoaded(first, page, "e1", range(20, 59), false);
    expect(second.gaps).toMatchObject([{ before: 20 }]);
    expect(rooms.pageLoaded(second, page, "e1", range(1, 19), true).gaps).toEqual([]);
  });

  it("says so when the server has them no more", () => {
    const back = rooms.subscribed(opened(5, 1), lost(90));
    const room = rooms.pageLoaded(back, "latest", "e1", range(60, 90), true);
    expect(room.gaps).toMatchObject([{ after: 5, before: 60, state: "lost" }]);
    expect(rooms.pageLoaded(back, "latest", "e1", [], true).gaps).toMatchObject([{ state: "lost" }]);
  });

  it("starts a new era when the log began anew", () => {
    const back = rooms.subscribed(opened(5, 1), lost(2, "e2"));
    expect(back).toMatchObject({ era: 1, epoch: "e2", top: 2, history: "unloaded", complete: false });
    const anew = range(1, 2).map((each) => ({ ...each, id: `new${each.offset}` }));
    const room = rooms.pageLoaded(back, "latest", "e2", anew, true);
    expect(room.messages.map((m) => [m.era, m.offset]).slice(-3)).toEqual([[0, 5], [1, 1], [1, 2]]);
    expect(room.gaps).toMatchObject([{ era: 1, after: 0, state: "lost" }]);
  });

  it("leaves no gap in a room in which nothing was seen", () => {
    expect(rooms.subscribed(entered(0), lost(40)).gaps).toEqual([]);
  });
});

describe("unread", () => {
  it("counts from where one was the last time", () => {
    const room = rooms.subscribed(rooms.newRoom("lobby", { epoch: "e1", offset: 4 }), joined(10));
    expect(rooms.unreadOf(room)).toBe(6);
    expect(room.divider).toEqual({ era: 0, after: 4, cause: "unread" });
    expect(rooms.unreadOf(rooms.markRead(room))).toBe(0);
  });

  it("is nothing at the first visit, and grows with what comes", () => {
    const room = entered(10);
    expect(rooms.unreadOf(room)).toBe(0);
    expect(rooms.unreadOf(rooms.received(room, message(11)))).toBe(1);
  });

  it("is everything when the log began anew", () => {
    const room = rooms.subscribed(rooms.newRoom("lobby", { epoch: "old", offset: 400 }), joined(3));
    expect(rooms.unreadOf(room)).toBe(3);
  });
});

describe("joins and leaves", () => {
  const join = (room: Room, client: string, user: string, now = 0) => rooms.joined(room, "Ada", client, user, now);
  const leave = (room: Room, client: string, user: string, now = 0) => rooms.left(room, "Ada", client, user, now);

  it("notes a user's first connection and last one only", () => {
    const one = join(entered(0), "c1", "Bo");
    const two = join(one, "c2", "Bo");
    expect(two.notices).toMatchObject([{ kind: "joined", users: ["Bo"] }]);
    expect(leave(two, "c1", "Bo").notices.length).toBe(1);
    expect(leave(leave(two, "c1", "Bo"), "c2", "Bo").notices.map((n) => n.kind)).toEqual(["joined", "left"]);
  });

  it("never announces oneself, nor the nameless", () => {
    expect(join(join(entered(0), "c1", "Ada"), "c2", "").notices).toEqual([]);
  });

  it("puts those who come one after another into one line", () => {
    const room = join(join(entered(0), "c1", "Bo"), "c2", "Cy");
    expect(room.notices).toMatchObject([{ users: ["Bo", "Cy"] }]);
    const later = join(rooms.received(room, message(1)), "c3", "Di");
    expect(later.notices.map((n) => n.users)).toEqual([["Bo", "Cy"], ["Di"]]);
  });

  it("takes a leave back when the user only blinked", () => {
    const here = { ...entered(0), presence: clientJoined(entered(0).presence, "c1", "Bo") };
    expect(join(leave(here, "c1", "Bo", 1000), "c2", "Bo", 2000).notices).toEqual([]);
    const late = join(leave(here, "c1", "Bo", 1000), "c2", "Bo", 1000 + rooms.BLINK_MS);
    expect(late.notices.map((n) => n.kind)).toEqual(["left", "joined"]);
  });
});
