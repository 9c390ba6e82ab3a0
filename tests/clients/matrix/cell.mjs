// One cell of the matrix: the SDK over one transport, against one server, with all that a scenario needs there.
import { createHmac } from "node:crypto";
import { Centrifuge as JsonSdk } from "centrifuge";
import { Centrifuge as ProtobufSdk } from "centrifuge/build/protobuf";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { Line, seen, until } from "../stage.mjs";

const DEADLINE_MS = 15_000;
const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes) => (bytes?.length ? JSON.parse(new TextDecoder().decode(bytes)) : undefined);

const websocket = (port) => [`ws://127.0.0.1:${port}/connection/websocket`, { websocket: WebSocket }];
const emulated = (transport, more) => (port) => [
  [{ transport, endpoint: `http://127.0.0.1:${port}/connection/${transport}` }],
  { emulationEndpoint: `http://127.0.0.1:${port}/emulation`, fetch, ...more },
];

/** By name: which build of the SDK, and how it is told its way to the server. */
export const TRANSPORTS = {
  "websocket-json": { Sdk: JsonSdk, to: websocket },
  "websocket-protobuf": { Sdk: ProtobufSdk, to: websocket },
  sse: { Sdk: JsonSdk, to: emulated("sse", { eventsource: EventSource }) },
  "http-stream-json": { Sdk: JsonSdk, to: emulated("http_stream", { readableStream: ReadableStream }) },
  "http-stream-protobuf": { Sdk: ProtobufSdk, to: emulated("http_stream", { readableStream: ReadableStream }) },
};

/** Make a token of these claims, signed with HS256 (RFC 7515 section 3.1). */
export function jwt(claims, secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export const now = () => Math.floor(Date.now() / 1000);

let channels = 0;

export class Cell {
  #open = [];

  constructor({ transport, port, secret, key }) {
    Object.assign(this, { port, secret, key, binary: transport.endsWith("protobuf"), ...TRANSPORTS[transport] });
  }

  /** Return the name of a channel that nobody else uses. */
  channel(namespace) {
    channels += 1;
    return `${namespace}:${process.pid}-${channels}`;
  }

  token(claims) {
    return jwt({ exp: now() + 600, ...claims }, this.secret);
  }

  /** Return a client that begins to connect, as `user`. */
  actor(user, { claims = {}, line, ...options } = {}) {
    const actor = new Actor(this, line?.port ?? this.port, {
      token: this.token({ sub: user, ...claims }),
      ...options,
    });
    return this.keep(actor);
  }

  /** Close something when the scenario is over. */
  keep(closable) {
    this.#open.push(closable);
    return closable;
  }

  /** Return a line to the server that can be cut. */
  async line() {
    return this.keep(await Line.to(this.port));
  }

  /** Return a value as the SDK wants it: Protobuf carries bytes. */
  pack(value) {
    return this.binary ? encode(value) : value;
  }

  unpack(data) {
    return this.binary ? decode(data) : data;
  }

  /** Return who somebody is, with what the server says of them as values. */
  info({ client, user, connInfo, chanInfo }) {
    return { client, user, connInfo: this.unpack(connInfo), chanInfo: this.unpack(chanInfo) };
  }

  /** Call a method of the server's API, and return its result. */
  async api(method, body) {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/${method}`, {
      method: "POST",
      headers: { "X-API-Key": this.key, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (answer.error) throw Object.assign(new Error(`${method}: ${answer.error.message}`), answer.error);
    return answer.result;
  }

  close() {
    for (const each of this.#open) each.close();
  }
}

const CLIENT_EVENTS = ["connecting", "connected", "disconnected", "error", "message"];
const SERVER_SIDE = ["subscribing", "subscribed", "unsubscribed", "publication", "join", "leave"];
const SUBSCRIPTION = [...SERVER_SIDE, "error"];

/** A client which notes everything that happens to it. */
class Actor {
  #cell;

  constructor(cell, port, options) {
    this.#cell = cell;
    this.notes = [];
    const [address, way] = cell.to(port);
    this.client = new cell.Sdk(address, { minReconnectDelay: 20, maxReconnectDelay: 200, ...way, ...options });
    for (const event of [...CLIENT_EVENTS, ...SERVER_SIDE])
      this.client.on(event, (context) => this.notes.push(this.#read(event, context)));
    this.client.connect();
  }

  /** Return a note of an event, with its payloads as values, whatever the encoding. */
  #read(event, context) {
    const note = { event, ...context };
    if ("data" in note) note.data = this.#cell.unpack(note.data);
    if (note.info) note.info = this.#cell.info(note.info);
    return note;
  }

  async connected() {
    await this.client.ready(DEADLINE_MS);
    return this;
  }

  /** Subscribe, and return the subscription, its notes, and what it was shown. */
  async follow(channel, options) {
    const room = this.ask(channel, options);
    await room.subscription.ready(DEADLINE_MS);
    return room;
  }

  /** Subscribe without waiting for the answer. */
  ask(channel, options = {}) {
    const notes = [];
    const subscription = this.client.newSubscription(channel, {
      minResubscribeDelay: 20,
      maxResubscribeDelay: 200,
      ...options,
    });
    for (const event of SUBSCRIPTION)
      subscription.on(event, (context) => notes.push(this.#read(event, context)));
    subscription.subscribe();
    const noted = (event) => notes.filter((note) => note.event === event);
    return { subscription, notes, noted, seen: () => seen(notes) };
  }

  publish(channel, value) {
    return this.client.publish(channel, this.#cell.pack(value));
  }

  async rpc(method, value) {
    return this.#cell.unpack((await this.client.rpc(method, this.#cell.pack(value))).data);
  }

  noted(event) {
    return this.notes.filter((note) => note.event === event);
  }

  /** Wait until something is noted, and return it. */
  async note(event, which = () => true) {
    return until(`${event}`, () => this.notes.find((note) => note.event === event && which(note)));
  }

  close() {
    this.client.disconnect();
  }
}
