// Drive the real Centrifuge SDK against a running server:
//   node centrifuge_js.mjs SCENARIO PORT [REDIS_PORT]
// Exits with 0 when all that the scenario asserts held.
import assert from "node:assert/strict";
import { Actor, CountingSocket, plain, redis, until } from "./stage.mjs";

const [scenario, port, redisPort] = process.argv.slice(2);
const at = (number) => `ws://127.0.0.1:${number}/connection/websocket`;
const address = at(port);
const channel = `room-${process.pid}`;
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index }));

const scenarios = {
  async "publish and subscribe"() {
    const zhang = await new Actor(address, "zhang").connected();
    const li = await new Actor(address, "li").connected();
    const rooms = [await zhang.follow(channel), await li.follow(channel)];
    await rooms[0].subscription.publish({ text: "hi\n\u2028 \ud83d\ude00", half: "\ud83d" });
    await li.client.publish(channel, "just text");
    await li.client.publish(channel, null);
    for (const room of rooms) {
      await until("three publications", () => room.seen().length === 3);
      assert.deepEqual(room.seen()[0], { text: "hi\n\u2028 \ud83d\ude00", half: "\ufffd" });
      assert.deepEqual(room.seen().slice(1), ["just text", null]);
      const infos = room.notes.filter((note) => note.event === "publication");
      assert.deepEqual(infos.map((note) => note.offset), [1, 2, 3]);
      assert.deepEqual(infos.map((note) => note.info.user), ["zhang", "li", "li"]);
      assert.equal(infos[0].info.client, zhang.noted("connected")[0].client);
    }
    const [subscribed] = rooms[0].notes.filter((note) => note.event === "subscribed");
    assert.equal(subscribed.recoverable, true);
    assert.equal(subscribed.positioned, true);
    assert.equal(subscribed.wasRecovering, false);
    rooms[1].subscription.unsubscribe();
    await rooms[0].subscription.publish({ n: 4 });
    await until("the fourth", () => rooms[0].seen().length === 4);
    assert.equal(rooms[1].seen().length, 3);
    zhang.close();
    li.close();
  },

  async "one order for all"() {
    const actors = await Promise.all(
      ["a", "b", "c"].map((user) => new Actor(address, user).connected()),
    );
    const rooms = await Promise.all(actors.map((actor) => actor.follow(channel)));
    const sent = [];
    for (let n = 1; n <= 300; n += 1)
      for (const actor of actors) sent.push(actor.client.publish(channel, { n }));
    await Promise.all(sent);
    for (const room of rooms) await until("900 publications", () => room.seen().length === 900);
    for (const room of rooms) assert.deepEqual(room.seen(), rooms[0].seen());
    const offsets = rooms[0].notes.filter((note) => note.event === "publication");
    assert.deepEqual(offsets.map((note) => note.offset), Array.from({ length: 900 }, (_, n) => n + 1));
    actors.forEach((actor) => actor.close());
  },

  async "pings"() {
    const zhang = await new Actor(address, "zhang", { websocket: CountingSocket }).connected();
    await until("three pings", () => CountingSocket.pings >= 3);
    await until("three pongs", () => CountingSocket.pongs >= 3);
    await zhang.client.publish(channel, { still: "here" });
    assert.equal(zhang.noted("connected").length, 1);
    assert.deepEqual(zhang.noted("disconnected"), []);
    zhang.close();
  },

  async "subscribe again after a gap"() {
    const zhang = await new Actor(address, "zhang").connected();
    const room = await zhang.follow(channel, { joinLeave: true });
    for (const data of numbers(1, 3)) await zhang.client.publish(channel, data);
    await until("the first three", () => room.seen().length === 3);
    assert.equal(await redis(redisPort, "FLUSHALL"), "+OK");
    const subscribed = () => room.notes.filter((note) => note.event === "subscribed");
    const failures = [];
    const publish = () => zhang.client.publish(channel, { later: true });
    const publishing = setInterval(() => publish().catch((error) => failures.push(error)), 100);
    await until("the second subscription", () => subscribed().length === 2);
    clearInterval(publishing);
    const ended = room.notes.filter((note) => note.event === "subscribing").at(-1);
    assert.equal(ended.code, 2500);
    assert.deepEqual([subscribed()[1].wasRecovering, subscribed()[1].recovered], [true, false]);
    await zhang.client.publish(channel, { n: "after" });
    await until("it goes on", () => room.seen().some((data) => data.n === "after"));
    assert.deepEqual(failures, []);
    assert.equal(zhang.noted("connected").length, 1);
    assert.deepEqual(room.notes.filter((note) => ["unsubscribed", "error"].includes(note.event)), []);
    zhang.close();
  },

  async "share a channel with plain WebSocket"() {
    const zhang = await new Actor(address, "zhang").connected();
    const room = await zhang.follow(channel);
    const { socket, heard } = await plain(`ws://127.0.0.1:${port}/ws/${channel}`);
    socket.send("hello");
    socket.send('{"a": [1,\n 2]}');
    socket.send(Buffer.from([255, 0]));
    await until("three publications", () => room.seen().length === 3);
    assert.deepEqual(room.seen(), ["hello", { a: [1, 2] }, "/wA="]);
    await zhang.client.publish(channel, "hi");
    await zhang.client.publish(channel, { n: 1 });
    await until("five messages", () => heard.length === 5);
    assert.deepEqual(heard, ["hello", '{"a": [1,\n 2]}', Buffer.from([255, 0]), "hi", '{"n":1}']);
    socket.close();
    zhang.close();
  },

  async "be refused"() {
    const zhang = await new Actor(address, "zhang").connected();
    const { notes } = zhang.ask("!control");
    await until("the refusal", () => notes.some((note) => note.event === "unsubscribed"));
    assert.equal(notes.find((note) => note.event === "unsubscribed").code, 107);
    await assert.rejects(zhang.client.publish("!control", {}), { code: 107 });
    await assert.rejects(zhang.client.rpc("any", {}), { code: 108 });
    assert.equal(zhang.noted("disconnected").length, 0);
    await zhang.client.send({ any: 1 });
    await until("the end", () => zhang.noted("disconnected").length === 1);
    assert.equal(zhang.noted("disconnected")[0].code, 3508);

    const li = await new Actor(address, "li").connected();
    li.client.publish(channel, "x".repeat(8 * 1024 * 1024)).catch(() => {});
    await until("the end", () => li.noted("disconnected").length === 1);
    assert.match(li.noted("disconnected")[0].reason, /size limit/);
  },
};

const play = scenarios[scenario];
if (!play) {
  console.error(`no scenario ${scenario}; there are: ${Object.keys(scenarios).join(", ")}`);
  process.exit(2);
}
const alarm = setTimeout(() => {
  console.error("the scenario does not end");
  process.exit(1);
}, 40_000);
await play();
clearTimeout(alarm);
