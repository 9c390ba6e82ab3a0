// The real SDK against a Hubbub inside a web framework: node embedded.mjs ORIGIN CHANNEL COOKIE PATH BODY
// Two clients, over WebSocket and over an HTTP stream, hear what a POST to the host's PATH publishes. Then it
// says "ready", and when the server goes, with which code each was told to come back.
import assert from "node:assert/strict";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { until } from "./stage.mjs";

const [origin, channel, cookie, path, body] = process.argv.slice(2);
const headers = { cookie, origin };

class Recognised extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers });
  }
}
const recognised = (address, options) =>
  fetch(address, { ...options, headers: { ...options?.headers, ...headers } });

function enter(transport, endpoint) {
  const told = [];
  const client = new Centrifuge([{ transport, endpoint }], {
    websocket: Recognised,
    fetch: recognised,
    readableStream: ReadableStream,
    emulationEndpoint: `${origin}/rt/emulation`,
  });
  client.on("connecting", (context) => told.push(context.code));
  client.on("disconnected", (context) => told.push(context.code));
  const heard = [];
  const subscription = client.newSubscription(channel);
  subscription.on("publication", (context) => heard.push(context.data));
  subscription.subscribe();
  client.connect();
  return { client, subscription, heard, told };
}

const clients = [
  enter("websocket", `${origin.replace(/^http/, "ws")}/rt/connection/websocket`),
  enter("http_stream", `${origin}/rt/connection/http_stream`),
];
for (const { subscription } of clients) await subscription.ready(15_000);
const answer = await recognised(`${origin}${path}`, { method: "POST", body });
assert.equal(answer.status, 200, await answer.text());
for (const { heard } of clients) await until("the publication", () => heard.length > 0);
assert.deepEqual(clients[0].heard, clients[1].heard);
console.log(`ready ${JSON.stringify(clients[0].heard[0])}`);

for (const { told } of clients) await until("the server's end", () => told.length > 1, 30_000);
console.log(`told ${clients.map(({ told }) => told[1]).join(" ")}`);
process.exit(0);
