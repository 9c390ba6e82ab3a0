// What the scenarios stand on: clients of the real SDK, a line that can be cut, and waiting with a deadline.
import net from "node:net";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";

const DEADLINE_MS = 60_000;

/** Wait until `condition` gives something true, and return it; fail with `what` after the deadline. */
export async function until(what, condition, ms = DEADLINE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A WebSocket that counts the protocol's own pings and pongs. */
export class CountingSocket extends WebSocket {
  static pings = 0;
  static pongs = 0;

  constructor(...args) {
    super(...args);
    this.on("message", (data) => {
      if (data.toString() === "{}") CountingSocket.pings += 1;
    });
  }

  send(data, ...rest) {
    if (data.toString() === "{}") CountingSocket.pongs += 1;
    return super.send(data, ...rest);
  }
}

/** A client of the real SDK which notes everything that happens to it. */
export class Actor {
  constructor(address, user, options = {}, Client = Centrifuge) {
    this.notes = [];
    this.client = new Client(address, {
      websocket: WebSocket,
      data: { user },
      minReconnectDelay: 20,
      maxReconnectDelay: 100,
      ...options,
    });
    for (const event of ["connecting", "connected", "disconnected", "error"])
      this.client.on(event, (context) => this.notes.push({ event, ...context }));
    this.client.connect();
  }

  async connected() {
    await this.client.ready(DEADLINE_MS);
    return this;
  }

  /** Subscribe, and return the subscription's own notes beside it. */
  async follow(channel, options = {}) {
    const { subscription, notes } = this.ask(channel, options);
    await subscription.ready(DEADLINE_MS);
    return { subscription, notes, seen: () => seen(notes) };
  }

  /** Subscribe without waiting for the answer. */
  ask(channel, options = {}) {
    const notes = [];
    const subscription = this.client.newSubscription(channel, options);
    const events = ["subscribing", "subscribed", "unsubscribed", "publication", "join", "leave", "error"];
    for (const event of events)
      subscription.on(event, (context) => notes.push({ event, ...context }));
    subscription.subscribe();
    return { subscription, notes };
  }

  noted(event) {
    return this.notes.filter((note) => note.event === event);
  }

  close() {
    this.client.disconnect();
  }
}

/** What a subscriber was shown, in order. */
export function seen(notes) {
  return notes.filter((note) => note.event === "publication").map((note) => note.data);
}

/** A TCP line to the server that can be cut, refuse, and be mended. */
export class Line {
  #sockets = new Set();
  #server;
  up = true;

  static async to(port) {
    const line = new Line();
    line.target = port;
    line.#server = net.createServer((near) => {
      if (!line.up) return near.destroy();
      const far = net.connect(line.target, "127.0.0.1");
      for (const [one, other] of [[near, far], [far, near]]) {
        line.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
        one.pipe(other);
      }
    });
    await new Promise((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    line.port = line.#server.address().port;
    return line;
  }

  cut() {
    this.up = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  mend() {
    this.up = true;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}

/** A plain WebSocket, and what it was sent. */
export async function plain(address) {
  const socket = new WebSocket(address);
  const heard = [];
  socket.on("message", (data, binary) => heard.push(binary ? data : data.toString()));
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return { socket, heard };
}

/** Listen to a channel by server-sent events, and return what they say, as it comes. */
export async function listen(address, channel) {
  const request = JSON.stringify({ subs: { [channel]: {} } });
  const response = await fetch(`${address}?cf_connect=${encodeURIComponent(request)}`);
  const pushes = [];
  const read = async () => {
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const events = (text + piece).split("\n\n");
      text = events.pop();
      for (const event of events)
        if (event.includes("data: ")) pushes.push(JSON.parse(event.slice(event.indexOf("data: ") + 6)));
    }
  };
  read();
  await until("the stream has begun", () => pushes.length > 0);
  return pushes;
}

/** Send one command to a Redis server, as a person would type it, and return its answer. */
export async function redis(port, command) {
  const socket = net.connect(port, "127.0.0.1");
  try {
    return await new Promise((resolve, reject) => {
      socket.on("data", (data) => resolve(data.toString().trim())).on("error", reject);
      socket.write(`${command}\r\n`);
    });
  } finally {
    socket.destroy();
  }
}
