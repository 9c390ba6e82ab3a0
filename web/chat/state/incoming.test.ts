import { describe, expect, it } from "vitest";
import { readPublication, readSaid } from "./incoming";

const read = (data: unknown) => readPublication({ data, user: "Ada", client: "c1", offset: 3, time: 7 });

it.each([
  [{ id: "a", text: "hello" }, "a", "hello"],
  ["plain text", "", "plain text"],
  [{ text: "no id" }, "", "no id"],
  [{ id: 5, text: "numeric id" }, "", "numeric id"],
  [{ temperature: 21 }, "", '{"temperature":21}'],
  [[1, 2], "", "[1,2]"],
  [null, "", "null"],
  [undefined, "", ""],
  [{ text: { deep: 1 } }, "", '{"text":{"deep":1}}'],
])("reads %j", (data, id, text) => {
  expect(read(data)).toEqual({ id, text, sender: "Ada", time: 7, offset: 3 });
});

describe("what the server's tags say", () => {
  const said = (kind: string, data: unknown, about = "", offset = 9) =>
    readSaid({ data, user: "ann", client: "c1", offset, time: 5, tags: { kind, ...(about ? { about } : {}) } });

  it("is a message without them", () => {
    expect(readSaid({ data: "hi", user: "ann", client: "c1", offset: 1, time: 5 }).message?.text).toBe("hi");
  });

  it("is something about a message", () => {
    expect(said("edit", { text: "hello" }, "7").aside).toMatchObject({ kind: "edit", about: 7, text: "hello", offset: 9 });
    expect(said("delete", null, "7").aside).toMatchObject({ kind: "delete", about: 7 });
    expect(said("reaction", { reaction: "+", removed: true }, "7").aside).toMatchObject({ reaction: "+", removed: true });
    expect(said("deleted", null, "7")).toMatchObject({ aside: { kind: "delete", about: 7 } });
    expect(said("deleted", null)).toMatchObject({ message: { offset: 9, text: "" }, aside: { about: 9 } });
  });

  it("is a sign of life", () => {
    expect(said("typing", { typing: true, for_s: 6 }, "", 0).sign).toEqual({ kind: "typing", sender: "ann", forMs: 6000 });
    expect(said("typing", { typing: false }, "", 0).sign).toMatchObject({ forMs: 0 });
    expect(said("read", { offset: 7 }, "", 0).sign).toEqual({ kind: "read", sender: "ann", upto: 7 });
  });

  it("is nothing to show where it is not known, and has its place all the same", () => {
    expect(said("poem", { x: 1 }, "7").aside).toMatchObject({ about: 0, offset: 9 });
    expect(said("reaction", 7, "7").aside).toMatchObject({ about: 0 });
    expect(said("poem", {}, "", 0)).toEqual({});
  });
});
