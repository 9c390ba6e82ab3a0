// Who somebody is, and for how long.
import assert from "node:assert/strict";
import { now } from "./cell.mjs";
import { until } from "../stage.mjs";

const LIFE_S = 2;

export const scenarios = {
  async "connect with a token"(cell) {
    const zhang = await cell.actor("zhang").connected();
    assert.equal(zhang.noted("connected").length, 1);
    const forged = cell.actor("zhang", { token: `${cell.token({ sub: "zhang" }).slice(0, -6)}forged` });
    assert.equal((await forged.note("disconnected")).code, 3500);
    const nobody = cell.actor("", { token: "" });
    assert.equal((await nobody.note("disconnected")).code, 3501);
    assert.deepEqual(zhang.noted("disconnected"), []);
  },

  async "come back with a fresh token"(cell) {
    let given = 0;
    const getToken = async () => {
      given += 1;
      return cell.token({ sub: "zhang", exp: given === 1 ? now() - 3600 : now() + 600 });
    };
    const zhang = await cell.actor("zhang", { token: "", getToken }).connected();
    assert.equal(given, 2);
    assert.equal(zhang.notes.find((note) => note.event === "error").error.code, 109);
  },

  async "refresh the connection"(cell) {
    let given = 0;
    const getToken = async () => {
      given += 1;
      return cell.token({ sub: "zhang", exp: now() + (given === 2 ? 600 : LIFE_S) });
    };
    const zhang = await cell.actor("zhang", { token: "", getToken }).connected();
    const room = await zhang.follow(cell.channel("room"));
    await until("a second token", () => given === 2);
    await room.subscription.publish(cell.pack({ still: "here" }));
    await until("it goes on", () => room.seen().length === 1);
    assert.equal(zhang.noted("connected").length, 1);
    assert.equal(zhang.noted("connecting").length, 1);
  },

  async "subscribe with a token"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("private");
    const barred = zhang.ask(channel);
    await until("the refusal", () => barred.noted("unsubscribed").length === 1);
    assert.equal(barred.noted("unsubscribed")[0].code, 103);
    zhang.client.removeSubscription(barred.subscription);
    const token = cell.token({ sub: "zhang", channel, info: { chair: 3 } });
    const room = await zhang.follow(channel, { token });
    await cell.api("publish", { channel, data: { n: 1 } });
    await until("a publication", () => room.seen().length === 1);

    const li = await cell.actor("li").connected();
    li.ask(channel, { token });
    assert.equal((await li.note("disconnected")).code, 3500);
  },

  async "refresh a subscription"(cell) {
    const zhang = await cell.actor("zhang").connected();
    const channel = cell.channel("private");
    let given = 0;
    const getToken = async (context) => {
      assert.equal(context.channel, channel);
      given += 1;
      return cell.token({ sub: "zhang", channel, exp: now() + (given === 2 ? 600 : LIFE_S) });
    };
    const room = await zhang.follow(channel, { getToken });
    await until("a second token", () => given === 2);
    await cell.api("publish", { channel, data: { still: "here" } });
    await until("it goes on", () => room.seen().length === 1);
    assert.equal(room.noted("subscribed").length, 1);
    assert.equal(room.noted("subscribing").length, 1);
  },
};
