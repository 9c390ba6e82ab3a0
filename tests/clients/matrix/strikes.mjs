// What happens to clients when a worker is killed: these scenarios need the server to themselves.
import assert from "node:assert/strict";
import { until } from "../stage.mjs";

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index }));

/** So many that there are some on every worker: which one takes a connection is the kernel's choice. */
const CLIENTS = 16;

export const scenarios = {
  async "recover after a worker's death"(cell, strike) {
    const users = Array.from({ length: CLIENTS }, (_, n) => `user${n}`);
    const actors = await Promise.all(users.map((user) => cell.actor(user).connected()));
    const channel = cell.channel("room");
    const rooms = await Promise.all(actors.map((actor) => actor.follow(channel)));
    for (const data of numbers(1, 10)) await cell.api("publish", { channel, data });
    for (const room of rooms) await until("the first ten", () => room.seen().length === 10);
    const { kept } = await strike("kill");
    if (!kept)
      // Nothing can be recovered: what is said before they are back is missed.
      for (const room of rooms) await until("it is back", () => room.noted("subscribed").length === 2);
    for (const data of numbers(11, 20)) {
      const publication = { channel, data, idempotency_key: `${data.n}` };
      await until("it is published", () => cell.api("publish", publication).then(() => true, () => false));
    }
    for (const room of rooms) await until("the last", () => room.seen().some(({ n }) => n === 20));
    const returned = actors.filter((actor) => actor.noted("connected").length > 1);
    assert.ok(returned.length > 0, "nobody was on the worker that died");
    for (const room of kept ? rooms : []) assert.deepEqual(room.seen(), numbers(1, 20));
    for (const room of rooms.filter((_, n) => returned.includes(actors[n])))
      assert.equal(room.noted("subscribed").at(-1).recovered, kept);
  },
};
