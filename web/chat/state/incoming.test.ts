import { expect, it } from "vitest";
import { readPublication } from "./incoming";

const read = (data: unknown) => readPublication({ data, user: "Ada", offset: 3, time: 7 });

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
