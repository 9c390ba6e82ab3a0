import { describe, expect, it } from "vitest";
import type { Outgoing } from "../state/types";
import { Keep, type Store } from "./keep";

function memory(): Store & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get length() {
      return entries.size;
    },
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}

const entry = (id: string, more: Partial<Outgoing> = {}): Outgoing => ({
  id,
  room: "lobby",
  text: `text ${id}`,
  time: 1,
  delivery: "sending",
  attempts: 2,
  reason: "",
  ...more,
});

describe("Keep", () => {
  it("remembers name, rooms and how far they were read", () => {
    const store = memory();
    const keep = new Keep(store);
    keep.setName("Ada");
    keep.setRooms(["lobby", "大厅"]);
    keep.setReadMark("lobby", { epoch: "e", offset: 7 });
    const again = new Keep(store);
    expect([again.name(), again.rooms(), again.readMark("lobby"), again.readMark("x")]).toEqual([
      "Ada",
      ["lobby", "大厅"],
      { epoch: "e", offset: 7 },
      undefined,
    ]);
  });

  it("keeps unsent messages, each for itself, until they are stored", () => {
    const store = memory();
    const keep = new Keep(store);
    const [a, b] = [entry("a"), entry("b", { delivery: "failed", time: 0 })];
    keep.syncOutbox([], [a, b]);
    expect(keep.outbox().map((each) => [each.id, each.delivery, each.attempts])).toEqual([["b", "failed", 0], ["a", "waiting", 0]]);
    new Keep(store).syncOutbox([], [entry("c")]);
    keep.syncOutbox([a, b], [{ ...a, delivery: "acked" }]);
    expect(keep.outbox().map((each) => each.id)).toEqual(["c"]);
  });

  it("takes nothing that it did not write", () => {
    const store = memory();
    store.setItem("hubbub.rooms", '{"no": "list"}');
    store.setItem("hubbub.outbox.x", "not JSON");
    store.setItem("hubbub.outbox.y", '{"id": 5}');
    store.setItem("hubbub.read.lobby", '{"epoch": "e", "offset": "7"}');
    const keep = new Keep(store);
    expect([keep.rooms(), keep.outbox(), keep.readMark("lobby")]).toEqual([[], [], undefined]);
  });

  it("works without a storage, and with one that refuses", () => {
    const refuse = (): never => {
      throw new Error("quota");
    };
    const refusing = { length: 1, key: refuse, getItem: refuse, setItem: refuse, removeItem: refuse };
    for (const keep of [new Keep(null), new Keep(refusing)]) {
      keep.setName("Ada");
      keep.syncOutbox([entry("a")], [entry("b")]);
      expect([keep.name(), keep.rooms(), keep.outbox()]).toEqual(["", [], []]);
    }
  });
});
