// Send to users and read inboxes with real clients of three protocols, and with curl:
//   node inbox.mjs PORT
// Exits with 0 when all that is asserted held.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Centrifuge as Json } from "centrifuge";
import { Centrifuge as Protobuf } from "centrifuge/build/protobuf";
import { io } from "socket.io-client";
import { Actor, until } from "./stage.mjs";

const [port] = process.argv.slice(2);
const host = `127.0.0.1:${port}`;
const utf8 = new TextEncoder();

/** Be a device of a user by a Centrifuge SDK; `got` has the messages that came to the inbox. */
async function device(user, name, Client = Json) {
  const options = Client === Protobuf ? { data: utf8.encode(JSON.stringify({ user })) } : {};
  const query = Client === Protobuf ? `?format=protobuf&device=${name}` : `?device=${name}`;
  const actor = new Actor(`ws://${host}/connection/websocket${query}`, user, options, Client);
  actor.got = [];
  actor.client.on("publication", ({ channel, data, offset, tags }) => {
    const text = Client === Protobuf ? JSON.parse(Buffer.from(data).toString()) : data;
    if (channel === `#${user}`) actor.got.push({ text, offset, tags });
  });
  actor.do = async (operation, body = {}) => {
    const said = Client === Protobuf ? utf8.encode(JSON.stringify(body)) : body;
    const { data } = await actor.client.rpc(`hubbub.${operation}`, said);
    return Client === Protobuf ? JSON.parse(Buffer.from(data).toString()) : data;
  };
  return actor.connected();
}

/** The same by Socket.IO. */
async function socketDevice(user, name) {
  const socket = io(`http://${host}?device=${name}`, { auth: { user }, forceNew: true });
  socket.got = [];
  socket.on("message", (text, { offset, tags }) => socket.got.push({ text, offset, tags }));
  socket.do = (operation, body = {}) => socket.timeout(10_000).emitWithAck(`hubbub.${operation}`, body);
  await until("connected", () => socket.connected);
  return socket;
}

function curl(operation, body) {
  const url = `http://${host}/inbox/${operation}?user=bob`;
  return JSON.parse(execFileSync("curl", ["-sS", url, "-d", JSON.stringify(body)], { encoding: "utf8" }));
}

const texts = (actor) => actor.got.map(({ text }) => text);

const ann = await device("ann", "laptop");
const annsPhone = await socketDevice("ann", "phone");
const phone = await ann.client.newSubscription("phone");
const pushed = [];
phone.on("publication", ({ data }) => pushed.push(data));
phone.subscribe();

// Bob is not there, and nobody asks whether he is.
const sent = await ann.do("send", { user: "bob", data: "one", key: "k1" });
assert.deepEqual([sent.id, sent.offset], ["k1", 1]);
const again = await ann.do("send", { user: "bob", data: "one", key: "k1" });
assert.deepEqual([again.offset, again.duplicate], [1, true]);
await until("the copy for the other device", () => annsPhone.got.length === 1);
assert.deepEqual(annsPhone.got[0].tags, { id: "k1", to: "bob" });
assert.deepEqual(ann.got, []);

// He comes back: each device is given what it has not acknowledged.
const bob = await device("bob", "phone", Protobuf);
await until("what waited", () => bob.got.length === 1);
assert.equal((await bob.do("inbox_ack", { offsets: [1] })).upto, 1);
await annsPhone.do("send", { user: "bob", data: "two" });
await until("what is new", () => bob.got.length === 2);
const tablet = await socketDevice("bob", "tablet");
await until("both on a new device", () => tablet.got.length === 2);
assert.deepEqual([texts(bob), texts(tablet)], [["one", "two"], ["one", "two"]]);
bob.client.disconnect();
const bobAgain = await device("bob", "phone");
await until("the rest only", () => bobAgain.got.length === 1);
assert.deepEqual(texts(bobAgain), ["two"]);

// Unread is what he has not read, on whatever device.
const unread = await tablet.do("inbox_unread");
assert.deepEqual([unread.total, unread.senders], [2, { ann: 2 }]);
await tablet.do("inbox_read", { upto: 1 });
assert.equal((await bobAgain.do("inbox_unread")).total, 1);
assert.deepEqual(curl("pull", { take: true }).messages.map(({ data }) => data), ["two"]);
assert.deepEqual(curl("pull", { take: true }).messages, []);
assert.equal((await bobAgain.do("inbox_unread")).total, 0);

// Who is refused is told so in the protocol's own way.
await assert.rejects(ann.do("send", { user: "a,b", data: 1 }), { code: 107 });
assert.equal((await tablet.do("inbox_read", { upto: 99 })).error.code, 107);

// Nobody acknowledges what Carl is sent: the application is told.
await ann.do("send", { user: "carl", data: "ring" });
await until("the application's word", () => pushed.length > 0);
assert.deepEqual(pushed, [{ user: "carl", offsets: [1], unread: 1 }]);

for (const actor of [ann, bobAgain]) actor.client.disconnect();
for (const socket of [annsPhone, tablet]) socket.disconnect();
