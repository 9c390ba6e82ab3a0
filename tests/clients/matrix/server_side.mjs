// What the server does by itself or for the application: its subscriptions, calls, farewells.
import assert from "node:assert/strict";
import { until } from "../stage.mjs";

export const scenarios = {
  async "follow what the token says"(cell) {
    const line = await cell.line();
    const [news, own] = [cell.channel("private"), cell.channel("private")];
    const claims = { channels: [news], subs: { [own]: { info: { chair: 3 }, data: { hello: 1 } } } };
    const zhang = await cell.actor("zhang", { claims, line }).connected();
    for (const channel of [news, own])
      await zhang.note("subscribed", (note) => note.channel === channel);
    assert.deepEqual((await zhang.note("subscribed", (note) => note.channel === own)).data, { hello: 1 });
    await cell.api("publish", { channel: news, data: { n: 1 } });
    await zhang.note("publication", (note) => note.channel === news && note.data.n === 1);
    line.cut();
    await cell.api("publish", { channel: news, data: { n: 2 } });
    line.mend();
    await zhang.note("publication", (note) => note.channel === news && note.data.n === 2);
    const back = zhang.noted("subscribed").filter((note) => note.channel === news).at(-1);
    assert.deepEqual([back.wasRecovering, back.recovered], [true, true]);
    const seen = async () => Object.values((await cell.api("presence", { channel: own })).presence);
    await until("the cut session is gone", async () => (await seen()).length === 1);
    assert.deepEqual((await seen())[0].chan_info, { chair: 3 });
  },

  async "be subscribed and unsubscribed by the API"(cell) {
    const user = `zhang-${process.pid}`;
    const zhang = await cell.actor(user).connected();
    const channel = cell.channel("private");
    await cell.api("subscribe", { user, channel, data: { why: "hired" } });
    assert.deepEqual((await zhang.note("subscribed")).data, { why: "hired" });
    await cell.api("publish", { channel, data: { n: 1 } });
    assert.deepEqual((await zhang.note("publication")).data, { n: 1 });
    await cell.api("unsubscribe", { user, channel });
    assert.equal((await zhang.note("unsubscribed")).channel, channel);
  },

  async "be unsubscribed from what it asked for"(cell) {
    const user = `gone-${process.pid}`;
    const zhang = await cell.actor(user).connected();
    const channel = cell.channel("room");
    const room = await zhang.follow(channel);
    await cell.api("unsubscribe", { user, channel });
    await until("the end", () => room.noted("unsubscribed").length === 1);
    assert.equal(room.noted("unsubscribed")[0].code, 2000);
  },

  async "be disconnected by the API"(cell) {
    const users = ["for-good", "for-now"].map((name) => `${name}-${process.pid}`);
    const [first, second] = await Promise.all(users.map((user) => cell.actor(user).connected()));
    await cell.api("disconnect", { user: users[0], disconnect: { code: 4501, reason: "fired" } });
    const ended = await first.note("disconnected");
    assert.deepEqual([ended.code, ended.reason], [4501, "fired"]);
    await cell.api("disconnect", { user: users[1], disconnect: { code: 4001, reason: "come again" } });
    await second.note("connecting", (note) => note.code === 4001);
    await until("it is back", () => second.noted("connected").length === 2);
  },

  async "call the application"(cell) {
    const zhang = await cell.actor("zhang").connected();
    assert.deepEqual(await zhang.rpc("echo", { text: "hi" }), { user: "zhang", said: { text: "hi" } });
    await assert.rejects(zhang.rpc("refuse", {}), { code: 1001, message: "not today" });
    assert.deepEqual(await zhang.rpc("over http", [1, 2]), { user: "zhang", said: [1, 2] });
    await assert.rejects(zhang.rpc("unknown", {}), { code: 1404, message: "no such method" });
  },
};
