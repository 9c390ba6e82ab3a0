// Drive the real SockJS client against a running server:
//   node sockjs_js.mjs "SCENARIO|..." "TRANSPORT|..." PORT [PORT ...]
// Exits with 0 when all that the scenarios assert held.
import assert from "node:assert/strict";
import SockJS from "sockjs-client";
import { plain, until } from "./stage.mjs";

const [wishes, transports, ...ports] = process.argv.slice(2);

/** One room, and clients of it with one transport. */
class Stage {
  constructor(transport, room) {
    this.transport = transport;
    this.room = room;
  }

  /** Open a socket which notes every message and its end. */
  open(port = ports[0], path = "sockjs") {
    const address = `http://127.0.0.1:${port}/${path}/${this.room}`;
    // Of itself the client gives a transport up that takes a little longer than its first request did.
    const socket = new SockJS(address, null, { transports: this.transport, timeout: 60_000 });
    socket.heard = [];
    socket.beats = 0;
    socket.onmessage = (event) => socket.heard.push(event.data);
    socket.onheartbeat = () => (socket.beats += 1);
    socket.onclose = ({ code, reason }) => (socket.end = { code, reason });
    return socket;
  }

  async opened(...where) {
    const socket = this.open(...where);
    await until("open", () => socket.readyState === SockJS.OPEN || socket.end);
    assert.deepEqual(socket.end, undefined);
    assert.equal(socket.transport, this.transport);
    return socket;
  }
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
  async "echo"(stage) {
    const socket = await stage.opened();
    for (const text of AWKWARD) socket.send(text);
    await until("all of it", () => socket.heard.length === AWKWARD.length);
    assert.deepEqual(socket.heard, AWKWARD);
    socket.send("half \ud83d");
    await until("half a character", () => socket.heard.length === AWKWARD.length + 1);
    assert.equal(socket.heard.at(-1), "half \ufffd");
    await closed(socket);
  },

  async "one order for all"(stage) {
    const sockets = await Promise.all([0, 1, 2].map((n) => stage.opened(ports[n % ports.length])));
    const other = await plain(`ws://127.0.0.1:${ports[0]}/ws/${stage.room}`);
    const all = [...sockets, { ...other, send: (text) => other.socket.send(text) }];
    // A client that hears itself follows the room.
    for (const [n, each] of all.entries()) {
      each.send(`ready ${n}`);
      await until("its own voice", () => each.heard.includes(`ready ${n}`));
    }
    for (let n = 1; n <= 100; n += 1) all.forEach((each, which) => each.send(`${which} ${n}`));
    const talk = (each) => each.heard.filter((text) => !text.startsWith("ready"));
    for (const each of all) await until("400 messages", () => talk(each).length === 400);
    for (const each of all) assert.deepEqual(talk(each), talk(all[0]));
    for (const which of all.keys()) {
      const own = talk(all[0]).filter((text) => text.startsWith(`${which} `));
      assert.deepEqual(own, Array.from({ length: 100 }, (_, n) => `${which} ${n + 1}`));
    }
    other.socket.close();
    await closed(...sockets);
  },

  async "streams begin anew and lose nothing"(stage) {
    const socket = await stage.opened(ports[0], "small");
    const texts = Array.from({ length: 100 }, (_, n) => `${n} ${"y".repeat(100)}`);
    for (const text of texts) {
      socket.send(text);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until("all of it", () => socket.heard.length === texts.length);
    assert.deepEqual(socket.heard, texts);
    await closed(socket);
  },

  async "be turned away"(stage) {
    const socket = await stage.opened();
    socket.send("!kick me");
    await until("the end", () => socket.end);
    assert.deepEqual(socket.end, { code: 4501, reason: "not here" });
  },

  async "hear the heart beat"(stage) {
    const socket = await stage.opened();
    await until("two beats", () => socket.beats >= 2);
    socket.send("still here");
    await until("it", () => socket.heard.length === 1);
    await closed(socket);
  },
};

async function play(transport) {
  for (const [number, name] of wishes.split("|").entries()) {
    console.log(`${transport}: ${name}`);
    await scenarios[name](new Stage(transport, `room-${process.pid}-${transport}-${number}`));
  }
}

await Promise.all(transports.split("|").map(play));
process.exit(0);
