// Drive the real SockJS client against a running server:
//   node sockjs_js.mjs "SCENARIO|..." TRANSPORT PORT [PORT ...]
// Exits with 0 when all that the scenarios assert held.
import assert from "node:assert/strict";
import SockJS from "sockjs-client";
import { plain, until } from "./stage.mjs";

const [wishes, transport, ...ports] = process.argv.slice(2);
const below = "sockjs";
let room;

/** Open a socket which notes every message and its end. */
function open(port = ports[0], path = `${below}/${room}`, query = "") {
  const socket = new SockJS(`http://127.0.0.1:${port}/${path}${query}`, null, { transports: transport });
  socket.heard = [];
  socket.beats = 0;
  socket.onmessage = (event) => socket.heard.push(event.data);
  socket.onheartbeat = () => (socket.beats += 1);
  socket.onclose = ({ code, reason }) => (socket.end = { code, reason });
  return socket;
}

async function opened(...where) {
  const socket = open(...where);
  await until("open", () => socket.readyState === SockJS.OPEN || socket.end);
  assert.deepEqual(socket.end, undefined);
  assert.equal(socket.transport, transport);
  return socket;
}

async function closed(...sockets) {
  sockets.forEach((socket) => socket.close());
  for (const socket of sockets) {
    await until("closed", () => socket.end);
    assert.deepEqual(socket.end, { code: 1000, reason: "Normal closure" });
  }
}

/** All that browsers and proxies are known to change on its way, and what is long. */
const AWKWARD = [
  "hello",
  "100% %41 %zz %25",
  '</script><!-- "quoted" \\ & \'single\'',
  " leading and trailing ",
  "lines\r\n\n\tand\u0000nothing\u001f\u007f\u009f",
  "\u00ad\u0600\u200b\u200c\u200f\u2028\u2029\u202e\u2060\ufeff\ufff0\ufffe\uffff",
  "\u6f22\u5b57 \ud83d\ude00 e\u0301",
  "x".repeat(150_000),
];

const scenarios = {
  async "echo"() {
    const socket = await opened();
    for (const text of AWKWARD) socket.send(text);
    await until("all of it", () => socket.heard.length === AWKWARD.length);
    assert.deepEqual(socket.heard, AWKWARD);
    socket.send("half \ud83d");
    await until("half a character", () => socket.heard.length === AWKWARD.length + 1);
    assert.equal(socket.heard.at(-1), "half \ufffd");
    await closed(socket);
  },

  async "one order for all"() {
    const sockets = await Promise.all([0, 1, 2].map((n) => opened(ports[n % ports.length])));
    const other = await plain(`ws://127.0.0.1:${ports[0]}/ws/${room}`);
    for (let n = 1; n <= 200; n += 1) sockets.forEach((socket, which) => socket.send(`${which} ${n}`));
    other.socket.send("from elsewhere");
    for (const socket of sockets) await until("601 messages", () => socket.heard.length === 601);
    await until("601 messages", () => other.heard.length === 601);
    for (const socket of sockets) assert.deepEqual(socket.heard, sockets[0].heard);
    assert.deepEqual(other.heard, sockets[0].heard);
    for (const which of [0, 1, 2]) {
      const own = sockets[0].heard.filter((text) => text.startsWith(`${which} `));
      assert.deepEqual(own, Array.from({ length: 200 }, (_, n) => `${which} ${n + 1}`));
    }
    other.socket.close();
    await closed(...sockets);
  },

  async "streams begin anew and lose nothing"() {
    const socket = await opened(ports[0], `small/${room}`);
    const texts = Array.from({ length: 100 }, (_, n) => `${n} ${"y".repeat(100)}`);
    for (const text of texts) {
      socket.send(text);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until("all of it", () => socket.heard.length === texts.length);
    assert.deepEqual(socket.heard, texts);
    await closed(socket);
  },

  async "be turned away"() {
    const socket = open(ports[0], `${below}/${room}`, "");
    await until("open", () => socket.readyState === SockJS.OPEN);
    socket.send("!kick me");
    await until("the end", () => socket.end);
    assert.deepEqual(socket.end, { code: 4501, reason: "not here" });
  },

  async "hear the heart beat"() {
    const socket = await opened();
    await until("two beats", () => socket.beats >= 2);
    socket.send("still here");
    await until("it", () => socket.heard.length === 1);
    await closed(socket);
  },
};

for (const name of wishes.split("|")) {
  const play = scenarios[name];
  if (!play) {
    console.error(`no scenario ${name}; there are: ${Object.keys(scenarios).join(", ")}`);
    process.exit(2);
  }
  room = `room-${process.pid}-${Object.keys(scenarios).indexOf(name)}`;
  const alarm = setTimeout(() => {
    console.error(`${name}: takes too long`);
    process.exit(3);
  }, 40_000);
  await play();
  clearTimeout(alarm);
}
process.exit(0);
