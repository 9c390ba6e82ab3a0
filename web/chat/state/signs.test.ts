import { describe, expect, it } from "vitest";
import { rowsOf } from "./rows";
import * as rooms from "./room";
import type { Aside, Incoming, Room } from "./types";

const message = (offset: number, sender = "Ada"): Incoming => ({ id: `id${offset}`, sender, text: `text ${offset}`, time: 1, offset });
const edit = (offset: number, about: number): Aside => ({
  kind: "edit",
  about,
  sender: "Ada",
  client: "c1",
  text: "better",
  reaction: "",
  removed: false,
  offset,
});
const entered = (top: number): Room =>
  rooms.subscribed(rooms.newRoom("lobby"), { epoch: "e", offset: top, wasRecovering: false, recovered: false, missed: false });

describe("what is unread", () => {
  it("is what others said, and not what is about it or one's own", () => {
    let room = rooms.received(entered(5), message(6), "Mira");
    room = rooms.annotated(room, [edit(7, 6)]);
    room = rooms.received(room, message(8, "Mira"), "Mira");
    expect(room.top).toBe(8);
    expect(rooms.unreadOf(room)).toBe(1);
    expect(rooms.unreadOf(rooms.markRead(room))).toBe(0);
  });

  it("is what another device has not read either", () => {
    const room = rooms.received(rooms.received(entered(5), message(6)), message(7));
    const mark = { user: "Mira", kind: "read" as const, upto: 6 };
    expect(rooms.unreadOf(rooms.marked(room, "Mira", mark))).toBe(1);
    expect(rooms.unreadOf(rooms.marked(room, "Mira", { ...mark, upto: 7 }))).toBe(0);
    expect(rooms.unreadOf(rooms.marked(room, "Teo", mark))).toBe(2);
  });

  it("is what the server counts, unless more is known here", () => {
    const fresh = rooms.subscribed(rooms.newRoom("dm#Ada,Mira", { epoch: "", offset: 0 }), {
      epoch: "e",
      offset: 9,
      wasRecovering: false,
      recovered: false,
      missed: false,
    });
    expect(rooms.unreadOf(rooms.counted(fresh, { unread: 2, read: 4, offset: 9 }))).toBe(2);
    const read = rooms.markRead(fresh);
    expect(rooms.unreadOf(rooms.counted(read, { unread: 2, read: 4, offset: 9 }))).toBe(0);
    const later = rooms.received(fresh, message(10));
    expect(rooms.counted(later, { unread: 2, read: 4, offset: 9 })).toBe(later);
  });
});

it("shows who writes until they have said it", () => {
  const room = rooms.typed(entered(5), "Ada", 100);
  expect([...room.typing.keys()]).toEqual(["Ada"]);
  expect(rooms.received(room, message(6)).typing.size).toBe(0);
  expect(rooms.annotated(room, [edit(6, 5)]).typing.size).toBe(0);
  expect(rooms.typed(room, "Ada", 0).typing.size).toBe(0);
});

it("shows edits, and how far one's own message came", () => {
  let room = rooms.received(entered(0), message(1), "Ada");
  room = rooms.annotated(room, [edit(2, 1)]);
  room = rooms.marked(room, "Ada", { user: "Mira", kind: "received", upto: 1 });
  const row = (): unknown => rowsOf(room, [], "Ada").find((each) => each.kind === "message");
  expect(row()).toMatchObject({ text: "better", edited: true, reached: "received", readers: "", offset: 1 });
  room = rooms.marked(room, "Ada", { user: "Mira", kind: "read", upto: 2 });
  expect(row()).toMatchObject({ reached: "read", readers: "Mira" });
});

it("keeps a page's edits with the messages of another page", () => {
  const room = rooms.pageLoaded(entered(9), "latest", "e", [message(8)], false, [edit(9, 3)]);
  expect(room.floor).toBe(8);
  const whole = rooms.pageLoaded(room, "older", "e", [message(3)], true);
  expect(rowsOf(whole, [], "Mira").filter((each) => each.kind === "message").map((each) => each.text)).toEqual(["better", "text 8"]);
});
