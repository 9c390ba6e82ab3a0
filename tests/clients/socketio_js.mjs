// Drive the real Socket.IO client against a running server:
//   node socketio_js.mjs "SCENARIO|..." TRANSPORTS PORT [PORT ...]     TRANSPORTS: polling, websocket, or both
// Exits with 0 when all that the scenarios assert held.
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { Client as Stomp } from "@stomp/stompjs";
import WebSocket from "ws";
import { Centrifuge as Json } from "centrifuge";
import { Centrifuge as Protobuf } from "centrifuge/build/protobuf";
import { Actor, Line, listen, plain, until } from "./stage.mjs";

const [wishes, wanted, ...ports] = process.argv.slice(2);
const transports = wanted === "both" ? ["polling", "websocket"] : [wanted];
let room;

/** Open a socket which notes every event; further sockets of its namespaces come from `socket.io.socket`. */
function open(options = {}, port = ports[0], namespace = "") {
  const socket = io(`http://127.0.0.1:${port}${namespace}`, {
    transports,
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
    ...options,
  });
  return watched(socket);
}

function watched(socket) {
  socket.notes = [];
  socket.ends = [];
  socket.faults = [];
  socket.onAny((event, ...args) => socket.notes.push({ event, args }));
  socket.on("disconnect", (reason) => socket.ends.push(reason));
  socket.on("connect_error", (fault) => socket.faults.push(fault));
  socket.seen = (event = "message") =>
    socket.notes.filter((note) => note.event === event).map((note) => note.args[0]);
  socket.ask = (event, ...args) => socket.timeout(10_000).emitWithAck(event, ...args);
  return socket;
}

async function connected(socket, transport = wanted) {
  await until("connected", () => socket.connected);
  if (transport === "both")
    await until("upgraded", () => socket.io.engine.transport.name === "websocket");
  else assert.equal(socket.io.engine.transport.name, transport);
  return socket;
}

const at = (user, port, options = {}) => connected(open({ auth: { user }, ...options }, port));
const close = (...sockets) => sockets.forEach((socket) => socket.disconnect());

const scenarios = {
  async "publish and subscribe"() {
    const [zhang, li] = await Promise.all([at("zhang"), at("li", ports.at(-1))]);
    for (const socket of [zhang, li]) {
      const told = await socket.ask("subscribe", { channel: room });
      assert.equal(told.recoverable, true);
    }
    const stored = await zhang.ask("publish", { channel: room, data: { text: "hi\u2028 \ud83d\ude00" } });
    assert.equal(stored.offset, 1);
    await li.ask("publish", { channel: room, data: "just text" });
    await li.ask("publish", { channel: room, data: null });
    for (const socket of [zhang, li]) {
      await until("three publications", () => socket.notes.length === 3);
      assert.deepEqual(socket.seen(), [{ text: "hi\u2028 \ud83d\ude00" }, "just text", null]);
      const metas = socket.notes.map((note) => note.args[1]);
      assert.deepEqual(metas.map((meta) => meta.offset), [1, 2, 3]);
      assert.deepEqual(metas.map((meta) => meta.sender.user), ["zhang", "li", "li"]);
      assert.equal(metas[0].sender.session, zhang.id);
    }
    assert.deepEqual(await li.ask("unsubscribe", room), { channel: room });
    await zhang.ask("publish", { channel: room, data: 4 });
    await until("the fourth", () => zhang.seen().length === 4);
    assert.equal(li.seen().length, 3);
    close(zhang, li);
  },

  async "one order for all"() {
    const sockets = await Promise.all(["a", "b", "c"].map((user, n) => at(user, ports[n % ports.length])));
    await Promise.all(sockets.map((socket) => socket.ask("subscribe", room)));
    const sent = [];
    for (let n = 1; n <= 200; n += 1)
      for (const socket of sockets) sent.push(socket.ask("publish", { channel: room, data: n }));
    await Promise.all(sent);
    for (const socket of sockets) {
      await until("600 publications", () => socket.notes.length === 600);
      assert.deepEqual(socket.seen(), sockets[0].seen());
      const offsets = socket.notes.map((note) => note.args[1].offset);
      assert.deepEqual(offsets, Array.from({ length: 600 }, (_, n) => n + 1));
    }
    close(...sockets);
  },

  async "binary both ways"() {
    const [zhang, li] = await Promise.all([at("zhang"), at("li", ports.at(-1))]);
    await Promise.all([zhang, li].map((socket) => socket.ask("subscribe", room)));
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    await zhang.ask("publish", { channel: room, data: bytes, event: "file" });
    for (const socket of [zhang, li]) {
      await until("the file", () => socket.seen("file").length === 1);
      assert.deepEqual(Buffer.from(socket.seen("file")[0]), bytes);
    }
    const page = await li.ask("history", room);
    assert.deepEqual(Buffer.from(page.publications[0].data), bytes);
    assert.equal(page.publications[0].event, "file");
    close(zhang, li);
  },

  async "history and presence"() {
    const [zhang, li] = await Promise.all([at("zhang"), at("li", ports.at(-1))]);
    await zhang.ask("subscribe", { channel: room, join_leave: true });
    await li.ask("subscribe", room);
    await until("li joins", () => zhang.seen("joined").some((each) => each.member.user === "li"));
    await until("li is seen", async () => (await zhang.ask("presence", room)).members.length === 2);
    const { members } = await zhang.ask("presence", room);
    assert.deepEqual(members.map((each) => each.user).sort(), ["li", "zhang"]);
    const counts = await zhang.ask("presence", { channel: room, counts: true });
    assert.deepEqual([counts.clients, counts.users], [2, 2]);
    for (let n = 1; n <= 5; n += 1) await zhang.ask("publish", { channel: room, data: n });
    const page = await li.ask("history", { channel: room, limit: 2, reverse: true });
    assert.deepEqual(page.publications.map((each) => each.data), [5, 4]);
    const third = (await li.ask("history", room)).publications[2];
    const again = await at("again");
    const since = `${page.epoch}.${third.offset}.${third.tag}`;
    const told = await again.ask("subscribe", { channel: room, since });
    assert.equal(told.recovered, true);
    await until("what was missed", () => again.notes.length === 2);
    assert.deepEqual(again.seen(), [4, 5]);
    close(li);
    await until("li leaves", () => zhang.seen("left").some((each) => each.member.user === "li"));
    close(zhang, again);
  },

  async "take part in a chat"() {
    const [zhang, li] = await Promise.all([at("zhang"), at("li", ports.at(-1))]);
    const channel = `chat:${room}`;
    for (const socket of [zhang, li]) await socket.ask("subscribe", channel);
    await zhang.ask("hubbub.typing", { channel });
    const { offset } = await zhang.ask("publish", { channel, data: "helo", event: "say" });
    await zhang.ask("hubbub.edit", { channel, offset, data: "hello" });
    await li.ask("hubbub.react", { channel, offset, reaction: "👍" });
    assert.deepEqual(await li.ask("hubbub.mark", { channel, read: offset }), { read: offset, received: offset });
    const refused = await li.ask("hubbub.delete", { channel, offset });
    assert.equal(refused.error.code, 103);
    await zhang.ask("hubbub.delete", { channel, offset });
    await until("the deletion", () => li.seen("delete").length === 1 && li.seen("read").length === 1);
    const events = li.notes.map((note) => note.event).filter((event) => event !== "read");
    assert.deepEqual(events, ["typing", "say", "edit", "reaction", "delete"]);
    assert.deepEqual(li.seen("edit"), ["hello"]);
    const [, meta] = li.notes.find((note) => note.event === "edit").args;
    assert.deepEqual([meta.channel, meta.tags.about, meta.sender.user], [channel, String(offset), "zhang"]);
    const cia = await at("cia", ports[0]);
    await cia.ask("subscribe", { channel, recent: 9 });
    await until("the past", () => cia.seen("delete").length === 1);
    assert.deepEqual(cia.notes.map((note) => note.event), ["deleted", "deleted", "reaction", "delete"]);
    close(zhang, li, cia);
  },

  async "namespaces"() {
    const root = await at("zhang");
    const chat = watched(root.io.socket("/chat", { auth: { user: "zhang" } }));
    await until("the namespace", () => chat.connected);
    const alone = await connected(open({ auth: { user: "li" } }, ports.at(-1), "/chat"));
    await chat.ask("subscribe", room);
    await alone.ask("subscribe", room);
    await root.ask("subscribe", `chat-${room}`);
    await alone.ask("publish", { channel: room, data: { n: 1 } });
    await until("in the namespace", () => chat.notes.length === 1 && alone.notes.length === 1);
    assert.equal(chat.notes[0].args[1].channel, room);
    chat.disconnect();
    await until("gone", async () => (await alone.ask("presence", room)).members.length === 1);
    assert.equal(root.connected, true);
    assert.deepEqual(root.notes, []);
    close(root, alone);
  },

  async "be refused"() {
    const socket = await at("zhang");
    const { error } = await socket.ask("publish", { channel: "!own", data: 1 });
    assert.equal(error.code, 107);
    assert.equal((await socket.ask("nobody listens to this", 1)).error.code, 108);
    socket.emit("publish", { channel: "!own", data: 1 });
    await until("told all the same", () => socket.seen("error").length === 1);
    const bad = open({ auth: { token: "no such token" } });
    await until("refused", () => bad.faults.length === 1);
    assert.equal(bad.faults[0].message, "invalid token");
    assert.equal(bad.faults[0].data.code, 3500);
    assert.equal(bad.active, false);
    close(socket);
  },

  async "be pinged"() {
    const socket = await at("zhang");
    let pings = 0;
    socket.io.on("ping", () => (pings += 1));
    await until("three pings", () => pings === 3);
    assert.equal(socket.connected, true);
    close(socket);
  },

  async "be kicked"() {
    const socket = await at(`kicked-${process.pid}`);
    const body = JSON.stringify({ user: `kicked-${process.pid}` });
    const headers = { "Content-Type": "application/json" };
    await fetch(`http://127.0.0.1:${ports.at(-1)}/api/disconnect`, { method: "POST", body, headers });
    await until("gone", () => socket.ends.length === 1);
    assert.deepEqual(socket.ends, ["io server disconnect"]);
    assert.equal(socket.active, false);
  },

  async "talk to functions"() {
    const query = { roomid: room };
    const [zhang, li] = await Promise.all([
      at("zhang", ports[0], { query }),
      at("li", ports.at(-1), { query }),
    ]);
    assert.equal((await zhang.ask("join", { username: "Zhang" })).room, room);
    await li.ask("join", { username: "Li" });
    await until("that Li came", () => zhang.seen().length === 1);
    assert.deepEqual(zhang.seen(), [{ event: "join", data: "Li" }]);
    assert.deepEqual(li.seen(), [], "nobody hears of oneself");
    const offset = await li.ask("say", { text: "hi" });
    await until("to both", () => li.seen().length === 1 && zhang.seen().length === 2);
    assert.equal(li.notes.at(-1).args[1].offset, offset);
    await li.ask("say", { text: "for others", echo: false });
    await until("to one", () => zhang.seen().length === 3);
    await zhang.ask("both", { a: 1 }, "two");
    await until("several arguments", () => li.seen("both").length === 1);
    assert.deepEqual(li.notes.at(-1).args.slice(0, 2), [{ a: 1 }, "two"]);
    assert.equal(li.seen().length, 1);
    const bytes = Buffer.from([1, 2, 255]);
    assert.deepEqual(Buffer.from(await li.ask("reverse", bytes)), Buffer.from([255, 2, 1]));
    zhang.on("double", (n, answer) => answer(2 * n));
    zhang.on("nothing", (answer) => answer());
    zhang.on("bytes", (bytes, answer) => answer(bytes.subarray(1)));
    assert.deepEqual(await zhang.ask("ask me"), [2, 4, 6, null, true]);
    assert.equal(await zhang.ask("greet me", "you"), "hello you");
    assert.equal((await zhang.ask("forbidden")).error.message, "not you");
    assert.equal((await zhang.ask("say", { text: 5 })).error.code, 107);
    assert.equal((await zhang.ask("no such function", 5)).error.code, 104);
    const said = Array.from({ length: 50 }, (_, n) => zhang.ask("say", { text: `${n}` }));
    const answers = await Promise.all(said);
    assert.deepEqual([...answers].sort((a, b) => a - b), answers, "in order");
    await li.ask("leave");
    assert.equal(li.seen("unsubscribed")[0].channel, room);
    const sdk = await new Actor(`ws://127.0.0.1:${ports.at(-1)}/connection/websocket`, "sdk").connected();
    await sdk.client.rpc("join", { username: "SDK" });
    const { data } = await sdk.client.rpc("say", { text: "the same function" });
    assert.equal(typeof data, "number");
    sdk.close();
    close(zhang, li);
  },

  async "upgrade or stay"() {
    // Each request of a client may land on another worker; only where the WebSocket lands right is it taken.
    const sockets = Array.from({ length: 12 }, (_, n) => open({ auth: { user: `u${n}` } }));
    await Promise.all(sockets.map((socket) => until("connected", () => socket.connected)));
    await Promise.all(sockets.map((socket) => socket.ask("subscribe", room)));
    const sent = [];
    for (let n = 0; n < 20; n += 1)
      for (const socket of sockets) sent.push(socket.ask("publish", { channel: room, data: n }));
    await Promise.all(sent);
    for (const socket of sockets) {
      await until("240 publications", () => socket.notes.length === 240);
      const offsets = socket.notes.map((note) => note.args[1].offset);
      assert.deepEqual(offsets, Array.from({ length: 240 }, (_, n) => n + 1));
      assert.deepEqual(socket.ends, []);
    }
    console.log(sockets.map((socket) => socket.io.engine.transport.name).sort().join(" "));
    close(...sockets);
  },

  async "recover after a cut"() {
    const line = await Line.to(ports[0]);
    const [zhang, li] = await Promise.all([at("zhang", line.port), at("li", ports.at(-1))]);
    await zhang.ask("subscribe", { channel: room, recover: true });
    const say = (...numbers) =>
      Promise.all(numbers.map((n) => li.ask("publish", { channel: room, data: n })));
    const sees = (count) =>
      until(`${count} publications`, () => zhang.connected && zhang.seen().length >= count);
    await say(1, 2, 3);
    await sees(3);
    assert.equal(zhang.recovered, false);
    line.cut();
    await until("cut", () => !zhang.connected);
    await say(4, 5, 6);
    if (process.env.VICTIM) {
      process.kill(Number(process.env.VICTIM), "SIGKILL");
      line.target = ports.at(-1);
    }
    line.mend();
    await sees(6);
    assert.equal(zhang.recovered, true);
    await say(7);
    await sees(7);
    line.cut();
    await until("cut again", () => !zhang.connected);
    line.mend();
    await until("back again", () => zhang.connected);
    assert.equal(zhang.recovered, true);
    await say(8);
    await sees(8);
    assert.deepEqual(zhang.seen(), [1, 2, 3, 4, 5, 6, 7, 8]);
    close(zhang, li);
    line.close();
  },

  async "one room for all"() {
    const port = ports.at(-1);
    const page = (kind) => connected(open({ auth: { user: kind }, transports: [kind] }), kind);
    const pages = [await page("polling"), await page("websocket")];
    await Promise.all(pages.map((socket) => socket.ask("subscribe", room)));
    const text = (value) => new TextEncoder().encode(JSON.stringify(value));
    const sdk = (address, options, Client) =>
      new Actor(`ws://127.0.0.1:${port}${address}`, "sdk", options, Client).connected();
    const sdks = [
      await sdk("/connection/websocket", {}, Json),
      await sdk("/connection/websocket?format=protobuf", { data: text({ user: "sdk" }) }, Protobuf),
    ];
    const followers = await Promise.all(sdks.map((actor) => actor.follow(room)));
    const bare = await plain(`ws://127.0.0.1:${port}/ws/${room}`);
    const events = await listen(`http://127.0.0.1:${port}/connection/uni_sse`, room);
    const frames = [];
    const stomp = new Stomp({
      webSocketFactory: () => new WebSocket(`ws://127.0.0.1:${port}/stomp`),
      onConnect() {
        stomp.watchForReceipt("following", () => (stomp.follows = true));
        stomp.subscribe(`/topic/${room}`, (message) => frames.push(message.body), { receipt: "following" });
      },
    });
    stomp.activate();
    await until("a STOMP client follows", () => stomp.follows);
    const data = (value) => (value instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(value)) : value);
    const views = {
      polling: () => pages[0].seen(),
      websocket: () => pages[1].seen(),
      json: () => followers[0].seen(),
      protobuf: () => followers[1].seen().map(data),
      plain: () => bare.heard.map((line) => JSON.parse(line)),
      stomp: () => frames.map((body) => JSON.parse(body)),
      sse: () => events.filter((push) => push.pub).map((push) => push.pub.data),
    };
    const sent = [];
    for (let n = 0; n < 20; n += 1) {
      sent.push(...pages.map((socket, who) => socket.ask("publish", { channel: room, data: { who, n } })));
      sent.push(followers[0].subscription.publish({ who: 2, n }));
      sent.push(followers[1].subscription.publish(text({ who: 3, n })));
      bare.socket.send(JSON.stringify({ who: 4, n }));
      stomp.publish({ destination: `/topic/${room}`, body: JSON.stringify({ who: 6, n }) });
      const body = JSON.stringify({ channel: room, data: { who: 5, n } });
      const headers = { "Content-Type": "application/json" };
      sent.push(fetch(`http://127.0.0.1:${port}/api/publish`, { method: "POST", headers, body }));
    }
    await Promise.all(sent);
    for (const [name, view] of Object.entries(views)) {
      await until(`140 messages by ${name}`, () => view().length === 140);
      assert.deepEqual(view(), views.websocket(), name);
    }
    for (let who = 0; who < 7; who += 1) {
      const said = views.websocket().filter((each) => each.who === who);
      assert.equal(new Set(said.map((each) => each.n)).size, 20);
    }
    sdks.forEach((actor) => actor.close());
    bare.socket.close();
    await stomp.deactivate();
    close(...pages);
  },

  async "share a channel with others"() {
    const socket = await at("zhang");
    const sdk = await new Actor(`ws://127.0.0.1:${ports.at(-1)}/connection/websocket`, "sdk").connected();
    const bare = await plain(`ws://127.0.0.1:${ports.at(-1)}/ws/${room}?format=json`);
    await socket.ask("subscribe", room);
    const follower = await sdk.follow(room);
    await socket.ask("publish", { channel: room, data: { from: "page" }, event: "hello" });
    await until("to the SDK", () => follower.seen().length === 1);
    await sdk.client.publish(room, { from: "sdk" });
    await until("to the page", () => socket.notes.length === 2);
    bare.socket.send(JSON.stringify({ from: "plain" }));
    await until("from plain", () => socket.notes.length === 3 && follower.seen().length === 3);
    assert.deepEqual(socket.notes.map((note) => note.event), ["hello", "message", "message"]);
    const said = [{ from: "page" }, { from: "sdk" }, { from: "plain" }];
    assert.deepEqual(socket.notes.map((note) => note.args[0]), said);
    assert.deepEqual(follower.seen(), said);
    const messages = bare.heard.map((line) => JSON.parse(line)).filter((each) => each.type === "message");
    assert.deepEqual(messages.map((each) => each.data), said);
    assert.deepEqual(messages[0].tags, { event: "hello" });
    sdk.close();
    bare.socket.close();
    close(socket);
  },
};

for (const [number, name] of wishes.split("|").entries()) {
  room = `room-${process.pid}-${number}`;
  console.log(name);
  await scenarios[name]();
}
process.exit(0);
