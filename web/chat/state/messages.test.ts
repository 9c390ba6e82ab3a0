import { describe, expect, it } from "vitest";
import { insert } from "./messages";
import type { Incoming, Message } from "./types";

const message = (offset: number, id = `id${offset}`, sender = "Ada"): Incoming => ({
  id,
  sender,
  text: `text ${offset}`,
  time: offset * 1000,
  offset,
});

const offsets = (messages: readonly Message[]): number[] => messages.map((each) => each.offset);

describe("insert", () => {
  it("keeps the order of offsets, whichever way messages come", () => {
    const live = insert([], [message(5), message(6)], 0);
    const paged = insert(live, [message(2), message(3), message(4)], 0);
    expect(offsets(paged)).toEqual([2, 3, 4, 5, 6]);
    expect(offsets(insert(paged, [message(9), message(1), message(8)], 0))).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
  });

  it("takes each message once, and returns the same list when nothing is new", () => {
    const list = insert([], [message(1), message(1), message(2)], 0);
    expect(offsets(list)).toEqual([1, 2]);
    expect(insert(list, [message(2), message(1)], 0)).toBe(list);
  });

  it("leaves out a second copy of one sender's id, but not another sender's", () => {
    const list = insert([], [message(1, "x", "Ada")], 0);
    expect(offsets(insert(list, [message(7, "x", "Ada")], 0))).toEqual([1]);
    expect(offsets(insert(list, [message(7, "x", "Eve")], 0))).toEqual([1, 7]);
  });

  it("keeps messages without an id apart by their place", () => {
    expect(offsets(insert([], [message(1, ""), message(2, "")], 0))).toEqual([1, 2]);
  });

  it("puts a new era behind the old one, though its offsets are lower", () => {
    const old = insert([], [message(40), message(41)], 0);
    const both = insert(old, [message(1, "a"), message(2, "b")], 1);
    expect(both.map((each) => [each.era, each.offset])).toEqual([[0, 40], [0, 41], [1, 1], [1, 2]]);
  });
});
