import { describe, expect, it } from "vitest";
import { newRoom, pageLoaded, subscribed } from "./room";
import { GROUP_MS, rowsOf } from "./rows";
import type { Incoming, Outgoing, Room } from "./types";

const NOON = new Date(2026, 10, 20, 12).getTime();
const said = (offset: number, sender: string, time = NOON): Incoming => ({
  id: `id${offset}`,
  sender,
  text: "text",
  time,
  offset,
});

function roomWith(...messages: Incoming[]): Room {
  const how = { epoch: "e", offset: messages.length, wasRecovering: false, recovered: false, missed: false };
  return pageLoaded(subscribed(newRoom("lobby"), how), "latest", "e", messages, true);
}

const kinds = (room: Room, outbox: Outgoing[] = []): string[] => rowsOf(room, outbox, "Ada").map((row) => row.kind);
const edges = (room: Room): string[] =>
  rowsOf(room, [], "Ada").flatMap((row) =>
    row.kind === "message" ? [`${row.first ? "[" : ""}${row.sender}${row.last ? "]" : ""}`] : [],
  );

describe("rowsOf", () => {
  it("groups what one sender says in a row, within some minutes", () => {
    const room = roomWith(said(1, "Bo"), said(2, "Bo"), said(3, "Cy"), said(4, "Cy", NOON + GROUP_MS));
    expect(edges(room)).toEqual(["[Bo", "Bo]", "[Cy]", "[Cy]"]);
  });

  it("begins each day with a line", () => {
    const room = roomWith(said(1, "Bo", NOON - 86_400_000), said(2, "Bo"), said(3, "Bo"));
    expect(kinds(room)).toEqual(["day", "message", "day", "message", "message"]);
  });

  it("puts notices, gaps and the new line where they happened", () => {
    const base = roomWith(said(1, "Bo"), said(2, "Bo"), said(3, "Bo"));
    const room: Room = {
      ...base,
      notices: [{ key: "n", kind: "left", users: ["Cy"], time: NOON, era: 0, after: 1 }],
      gaps: [{ key: "g", era: 0, after: 2, before: 3, state: "lost" }],
      divider: { era: 0, after: 2, cause: "missed" },
    };
    expect(kinds(room)).toEqual(["day", "message", "notice", "message", "gap", "divider", "message"]);
    expect(edges(room)).toEqual(["[Bo]", "[Bo]", "[Bo]"]);
  });

  it("names the day before it says what is new of it", () => {
    const base = roomWith(said(1, "Bo", NOON - 86_400_000), said(2, "Bo"));
    const room: Room = { ...base, divider: { era: 0, after: 1, cause: "unread" } };
    expect(kinds(room)).toEqual(["day", "message", "day", "divider", "message"]);
  });

  it("ends with what is not settled, under the key that the stored message will have", () => {
    const entry: Outgoing = {
      id: "id9",
      room: "lobby",
      text: "text",
      time: NOON,
      delivery: "waiting",
      attempts: 0,
      reason: "",
    };
    const before = rowsOf(roomWith(said(1, "Bo")), [entry, { ...entry, id: "x", room: "tea" }], "Ada");
    const after = rowsOf(roomWith(said(1, "Bo"), said(9, "Ada")), [], "Ada");
    expect(before.at(-1)).toMatchObject({ own: true, delivery: "waiting" });
    expect(before.at(-1)?.key).toBe(after.at(-1)?.key);
    expect(before.length).toBe(after.length);
  });
});
