// Drive the real Centrifuge SDK against two workers that share a Redis:
//   node cluster.mjs SCENARIO PORT REDIS_PORT
// Exits with 0 when all that the scenario asserts held. Publications and revocations go over the HTTP API.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Actor, redis, until } from "./stage.mjs";

const [scenario, port, redisPort] = process.argv.slice(2);
const address = `ws://127.0.0.1:${port}/connection/websocket`;
const SECRET = "a-secret-of-this-test-and-of-nothing-else";

function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

const now = () => Math.floor(Date.now() / 1000);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function come(user, claims = {}) {
  return new Actor(address, user, { token: token({ sub: user, iat: now(), exp: now() + 600, ...claims }) });
}

async function api(method, body) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/${method}`, {
    method: "POST",
    headers: { "x-api-key": "a-key-of-this-test" },
    body: JSON.stringify(body),
  });
  const { result, error } = await answer.json();
  assert.equal(error, undefined);
  return result;
}

/** Wait until all have ended; return with which codes, and how long it took at most. */
async function ended(actors, since) {
  await until("all have ended", () => actors.every((actor) => actor.noted("disconnected").length));
  return {
    codes: [...new Set(actors.map((actor) => actor.noted("disconnected")[0].code))],
    within: Date.now() - since,
  };
}

const scenarios = {
  async "follow a pattern"() {
    const rooms = Array.from({ length: 5 }, (_, index) => `news:${index}`);
    const watchers = await Promise.all(["a", "b", "c", "d"].map((user) => come(user).connected()));
    const patterns = await Promise.all(watchers.map((actor) => actor.follow("news:*")));
    const named = await (await come("e").connected()).follow(rooms[3]);
    const last = 60;
    for (let n = 1; n <= last; n += 1) {
      await Promise.all(rooms.map((channel) => api("publish", { channel, data: { n } })));
      if (n % 20 === 0) await redis(redisPort, "CLIENT KILL TYPE pubsub");
    }
    const expected = Array.from({ length: last }, (_, index) => [index + 1, index + 1]);
    for (const { notes } of patterns) {
      const seen = () => notes.filter((note) => note.event === "publication");
      await until("all publications", () => seen().length >= last * rooms.length);
      for (const room of rooms) {
        const mine = seen().filter((note) => note.tags.channel === room);
        assert.deepEqual(mine.map((note) => [note.offset, note.data.n]), expected);
      }
      const [start] = notes.filter((note) => note.event === "subscribed");
      assert.deepEqual([start.recoverable, start.positioned], [false, false]);
    }
    await until("all by name", () => named.seen().length >= last);
    assert.deepEqual(named.seen(), expected.map(([, n]) => ({ n })));
    watchers.forEach((actor) => actor.close());
  },

  async "be revoked on all nodes"() {
    const anns = await Promise.all(
      Array.from({ length: 20 }, (_, index) => come("ann", { jti: `t${index}` }).connected()),
    );
    const bob = await come("bob").connected();
    await sleep(1100); // tokens made in the second of a revocation count as older
    let since = Date.now();
    await api("revoke", { user: "ann" });
    const all = await ended(anns, since);
    assert.deepEqual(all.codes, [3500]);
    // An idle machine needs some milliseconds; without being told they would last as long as their tokens.
    assert.ok(all.within < 30_000, `${all.within} ms`);
    assert.equal(bob.client.state, "connected");
    assert.deepEqual((await ended([come("ann", { iat: now() - 60 })], since)).codes, [3500]);
    await sleep(1100);
    const [fresh, other] = [come("ann", { jti: "fresh" }), come("cid", { jti: "other" })];
    await Promise.all([fresh.connected(), other.connected()]);
    since = Date.now();
    await api("revoke", { token: "fresh" });
    assert.deepEqual((await ended([fresh], since)).codes, [3500]);
    await api("revoke", { session: other.noted("connected")[0].client });
    assert.deepEqual((await ended([other], since)).codes, [3503]);
    bob.close();
  },
};

await scenarios[scenario]();
process.exit(0);
