// Without an SDK: what every browser has by itself, on the transports that only the server talks on.
import assert from "node:assert/strict";
import { EventSource } from "eventsource";
import WebSocket from "ws";
import { until } from "../stage.mjs";

/** By name: how to connect with a request, hand each push to `hear`, and call `ended` at the end. Each returns how to leave. */
const ways = {
  "a plain WebSocket"(cell, request, hear, ended) {
    const socket = new WebSocket(`ws://127.0.0.1:${cell.port}/connection/uni_websocket`);
    socket.on("open", () => socket.send(JSON.stringify(request)));
    socket.on("message", (data) => data.toString().split("\n").forEach((line) => hear(JSON.parse(line))));
    socket.on("error", () => {}).on("close", ended);
    return () => socket.close();
  },

  "an EventSource"(cell, request, hear, ended) {
    const query = encodeURIComponent(JSON.stringify(request));
    const source = new EventSource(`http://127.0.0.1:${cell.port}/connection/uni_sse?cf_connect=${query}`);
    source.onmessage = (event) => hear(JSON.parse(event.data));
    source.onerror = () => {
      source.close();
      ended();
    };
    return () => source.close();
  },

  "a fetch"(cell, request, hear, ended) {
    const leaving = new AbortController();
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${cell.port}/connection/uni_http_stream`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(request),
        signal: leaving.signal,
      });
      let rest = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        lines.filter(Boolean).forEach((line) => hear(JSON.parse(line)));
      }
    };
    read().catch(() => {}).finally(ended);
    return () => leaving.abort();
  },
};

class Listener {
  heard = [];
  over = false;

  constructor(cell, way, request) {
    this.leave = ways[way](cell, request, (push) => this.heard.push(push), () => (this.over = true));
    cell.keep({ close: this.leave });
  }

  async first(key) {
    return until(key, () => this.heard.find((push) => key in push)?.[key]);
  }

  publications() {
    return this.heard.filter((push) => push.pub).map((push) => push.pub.data);
  }
}

async function follow(cell, way) {
  const user = `${way.replaceAll(" ", "-")}-${process.pid}`;
  const channel = cell.channel("room");
  const token = cell.token({ sub: user, channels: [channel] });
  const first = new Listener(cell, way, { token });
  const { client, subs } = await first.first("connect");
  assert.ok(client);
  assert.deepEqual(Object.keys(subs), [channel]);
  await cell.api("publish", { channel, data: { n: 1 } });
  await until("the first", () => first.publications().length === 1);
  first.leave();

  await cell.api("publish", { channel, data: { n: 2 } });
  const { epoch } = subs[channel];
  const second = new Listener(cell, way, { token, subs: { [channel]: { recover: true, epoch, offset: 1 } } });
  const back = (await second.first("connect")).subs[channel];
  assert.equal(back.recovered, true);
  assert.deepEqual(back.publications.map((each) => each.data), [{ n: 2 }]);
  await cell.api("publish", { channel, data: { n: 3 } });
  await until("the third", () => second.publications().length === 1);
  assert.deepEqual(second.publications(), [{ n: 3 }]);

  await cell.api("disconnect", { user, disconnect: { code: 4501, reason: "fired" } });
  await until("the end", () => second.over);
  const { code, reason } = second.heard.at(-1).disconnect;
  assert.deepEqual([code, reason], [4501, "fired"]);
}

export const scenarios = Object.fromEntries(
  Object.keys(ways).map((way) => [`follow with ${way}`, (cell) => follow(cell, way)]),
);
