// What one push looks like to the real clients of all protocols:
//   node pushes.mjs PORT
// Exits with 0 when each of them heard what the guide promises, once, and whoever is kicked knows why.
import assert from "node:assert/strict";
import { Client as Stomp } from "@stomp/stompjs";
import { Centrifuge as Json } from "centrifuge";
import { Centrifuge as Protobuf } from "centrifuge/build/protobuf";
import { io } from "socket.io-client";
import WebSocket from "ws";
import { until } from "./stage.mjs";

const [port] = process.argv.slice(2);
const http = `http://127.0.0.1:${port}`, ws = `ws://127.0.0.1:${port}`;
const heard = {}, sessions = {}, ends = {};
const note = (who, what) => (heard[who] ??= []).push(what);
const me = { user: "zhang" };
const text = (bytes) => new TextDecoder().decode(bytes);

async function ask(method, request) {
  const response = await fetch(`${http}/api/${method}`, { method: "POST", body: JSON.stringify(request) });
  const { result, error } = await response.json();
  assert.equal(error, undefined);
  return result;
}

function socketio(who, transports) {
  const socket = io(http, { transports, auth: me, forceNew: true, reconnection: false });
  socket.onAny((event, ...args) => note(who, [event, ...args]));
  socket.on("connect", () => (sessions[who] = socket.id));
  socket.on("disconnect", (reason) => (ends[who] = reason));
}

function centrifuge(who, Client, data, read) {
  const client = new Client(`${ws}/connection/websocket`, { websocket: WebSocket, data });
  client.on("message", ({ data }) => note(who, read(data)));
  client.on("connected", ({ client: session }) => (sessions[who] = session));
  client.on("disconnected", ({ code }) => (ends[who] = code));
  client.connect();
}

function plain(who, format) {
  const socket = new WebSocket(`${ws}/ws/lobby?user=zhang&format=${format}`);
  socket.on("message", (data, binary) => {
    if (format === "plain") return note(who, binary ? [...data] : text(data));
    const said = JSON.parse(data);
    if (said.type === "connected") sessions[who] = said.session;
    if (said.type === "push") note(who, said);
  });
  socket.on("open", () => (sessions[who] ??= ""));
  socket.on("close", (code) => (ends[who] = code));
}

async function stream(who) {
  const said = encodeURIComponent(JSON.stringify({ data: me }));
  const response = await fetch(`${http}/connection/uni_sse?cf_connect=${said}`, { headers: { accept: "text/event-stream" } });
  for await (const piece of response.body)
    for (const line of text(piece).split("\n").filter((each) => each.startsWith("data: "))) {
      const push = JSON.parse(line.slice(6));
      if (push.connect) sessions[who] = push.connect.client;
      if (push.message) note(who, push.message.data);
      if (push.disconnect) ends[who] = push.disconnect.code;
    }
}

function stomp(who) {
  const client = new Stomp({
    webSocketFactory: () => new WebSocket(`${ws}/stomp`),
    connectHeaders: { login: me.user },
    reconnectDelay: 0,
    onConnect: (frame) => (sessions[who] = frame.headers.session ?? ""),
    onUnhandledMessage: (message) => note(who, [message.headers.destination, message.body]),
    onWebSocketClose: () => (ends[who] = true),
  });
  client.activate();
}

socketio("Socket.IO over WebSocket", ["websocket"]);
socketio("Socket.IO that polls", ["polling"]);
centrifuge("Centrifuge", Json, me, (data) => data);
centrifuge("Centrifuge in Protobuf", Protobuf, new TextEncoder().encode(JSON.stringify(me)), (data) => JSON.parse(text(data)));
plain("a WebSocket", "plain");
plain("a WebSocket in JSON", "json");
stream("a stream");
stomp("STOMP");
const count = 8;
await until("all are in", () => Object.keys(sessions).length === count);
const named = Object.values(sessions).filter(Boolean);
assert.equal(new Set(named.map((each) => each.split(".")[0])).size, 1, `one node: ${named}`);

// By user, by their ids, and to everybody: each hears each once.
const data = { title: "Rain" };
await until("they have a name", async () => (await ask("tag", { user: "zhang", add: ["wet"] })).num_sessions === count);
for (const whom of [{ user: "zhang" }, { tag: "wet" }, { everybody: true }])
  assert.deepEqual(await ask("push", { ...whom, event: "news", data }), { status: "delivered", num_sessions: count });
for (const client of named)
  assert.deepEqual(await ask("push", { client, event: "news", data }), { status: "delivered", num_sessions: 1 });
assert.deepEqual(await ask("push", { user: "zhang", data: [1] }), { status: "delivered", num_sessions: count });

const forms = {
  "Socket.IO over WebSocket": [["news", data], ["message", [1]]],
  "Socket.IO that polls": [["news", data], ["message", [1]]],
  Centrifuge: [{ event: "news", data }, [1]],
  "Centrifuge in Protobuf": [{ event: "news", data }, [1]],
  "a WebSocket": [JSON.stringify(data), "[1]"],
  "a WebSocket in JSON": [{ type: "push", event: "news", data }, { type: "push", data: [1] }],
  "a stream": [{ event: "news", data }, [1]],
  STOMP: [["/event/news", JSON.stringify(data)], ["/event/message", "[1]"]],
};
for (const [who, [event, message]] of Object.entries(forms)) {
  const times = sessions[who] ? 4 : 3;
  await until(`${who} heard it`, () => heard[who]?.length > times);
  assert.deepEqual(heard[who], [...Array(times).fill(event), message], who);
}

assert.deepEqual(await ask("kick", { user: "zhang" }), { status: "kicked", num_sessions: count });
await until("all are gone", () => Object.keys(ends).length === count);
assert.equal(ends.Centrifuge, 3503);
assert.equal(ends["a stream"], 3503);
assert.equal(ends["Socket.IO over WebSocket"], "io server disconnect");
assert.deepEqual(await ask("push", { user: "zhang", data }), { status: "offline" });
process.exit(0);
