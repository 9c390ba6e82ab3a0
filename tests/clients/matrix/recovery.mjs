// Coming back: after a cut, to a channel that went too far, and to the latest value alone.
import assert from "node:assert/strict";
import { until } from "../stage.mjs";

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index }));
const last = (room) => room.noted("subscribed").at(-1);

export const scenarios = {
  async "recover after a cut"(cell) {
    const line = await cell.line();
    const zhang = await cell.actor("zhang", { line }).connected();
    const li = await cell.actor("li").connected();
    const channel = cell.channel("room");
    const room = await zhang.follow(channel);
    const quiet = await zhang.follow(cell.channel("room"));
    for (const data of numbers(1, 3)) await li.publish(channel, data);
    await until("the first three", () => room.seen().length === 3);
    for (let cuts = 1; cuts <= 2; cuts += 1) {
      const count = room.seen().length;
      line.cut();
      await Promise.all(numbers(count + 1, count + 20).map((data) => li.publish(channel, data)));
      line.mend();
      await until("what was missed", () => room.seen().length === count + 20);
      await until("the quiet channel", () => quiet.noted("subscribed").length === cuts + 1);
      for (const each of [room, quiet])
        assert.deepEqual([last(each).wasRecovering, last(each).recovered], [true, true]);
      await zhang.publish(channel, { n: count + 21 });
      await until("it goes on", () => room.seen().length === count + 21);
    }
    const offsets = room.noted("publication").map((note) => note.offset);
    assert.deepEqual(offsets, numbers(1, 45).map(({ n }) => n));
    assert.deepEqual(new Set(room.seen().map(({ n }) => n)).size, 45);
    assert.deepEqual(quiet.seen(), []);
  },

  async "be told that too much was missed"(cell) {
    const line = await cell.line();
    const zhang = await cell.actor("zhang", { line }).connected();
    const channel = cell.channel("short");
    const room = await zhang.follow(channel);
    const publish = (data) => cell.api("publish", { channel, data });
    await publish({ n: 1 });
    await until("the first", () => room.seen().length === 1);
    line.cut();
    for (const data of numbers(2, 20)) await publish(data);
    line.mend();
    await until("it is back", () => room.noted("subscribed").length === 2);
    assert.deepEqual([last(room).wasRecovering, last(room).recovered], [true, false]);
    await publish({ n: 21 });
    await until("it goes on", () => room.seen().length === 2);
    assert.deepEqual(room.seen(), [{ n: 1 }, { n: 21 }]);
  },

  async "load the state, then follow from there"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("room");
    const publish = (data) => cell.api("publish", { channel, data });
    for (const data of numbers(1, 5)) await publish(data);
    const page = await cell.api("history", { channel, limit: 3 });
    let loads = 0;
    const getState = async () => {
      loads += 1;
      return { offset: 3, epoch: loads === 1 ? "other" : page.epoch };
    };
    const room = await zhang.follow(channel, { getState });
    await until("what came after the state", () => room.seen().length === 2);
    assert.equal(loads, 2);
    assert.deepEqual(room.seen(), numbers(4, 5));
  },

  async "be given the latest value"(cell) {
    const line = await cell.line();
    const zhang = await cell.actor("zhang", { line }).connected();
    const channel = cell.channel("cache");
    const publish = (data) => cell.api("publish", { channel, data });
    for (const data of numbers(1, 3)) await publish(data);
    const room = await zhang.follow(channel, { since: { offset: 0, epoch: "" } });
    await until("the latest", () => room.seen().length === 1);
    assert.deepEqual(room.seen(), [{ n: 3 }]);
    line.cut();
    for (const data of numbers(4, 9)) await publish(data);
    line.mend();
    await until("the new latest", () => room.seen().length === 2);
    assert.deepEqual(room.seen(), [{ n: 3 }, { n: 9 }]);
    assert.equal(last(room).recovered, true);
  },
};
