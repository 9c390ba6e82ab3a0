import { describe, expect, it } from "vitest";
import { annotate, placeOf, reactionsOf } from "./asides";
import type { Aside } from "./types";

const aside = (offset: number, fields: Partial<Aside>): Aside => ({
  kind: "reaction",
  about: 1,
  sender: "ann",
  client: "c1",
  text: "",
  reaction: "+",
  removed: false,
  offset,
  ...fields,
});

const fold = (...asides: readonly Aside[]) => annotate(new Map(), asides, 2).get(placeOf(2, 1));

describe("what is said about a message", () => {
  const said = [
    aside(2, { kind: "edit", text: "one" }),
    aside(3, {}),
    aside(4, { kind: "edit", text: "two" }),
    aside(5, { sender: "bob" }),
    aside(6, { removed: true }),
    aside(7, { reaction: "!", sender: "bob" }),
  ];

  it("is the same in whatever order it comes, and however often", () => {
    const orders = [said, [...said].reverse(), [...said, ...said], [said[4]!, said[1]!, ...said]];
    for (const order of orders) {
      const notes = fold(...order);
      expect(notes?.text).toBe("two");
      expect(reactionsOf(notes)).toEqual([
        { reaction: "+", users: ["bob"] },
        { reaction: "!", users: ["bob"] },
      ]);
    }
  });

  it("is void once it is deleted", () => {
    const notes = fold(...said, aside(8, { kind: "delete" }), aside(9, { kind: "edit", text: "three" }));
    expect(notes?.deleted).toBe(true);
    expect(reactionsOf(notes)).toEqual([]);
  });

  it("is nothing where nothing was said", () => {
    expect(annotate(new Map(), [], 0).size).toBe(0);
    expect(reactionsOf(undefined)).toEqual([]);
  });
});
