// Join a room of examples/multi_room with many clients, and print who hears of whom when a worker is killed:
//   node quits.mjs PORT CLIENTS
// Prints {node: clients} once all are in; then reads the killed node's name, and prints what those on others heard.
import { once } from "node:events";
import { io } from "socket.io-client";
import { until } from "./stage.mjs";

const [port, clients] = process.argv.slice(2).map(Number);
const WITHIN_MS = 60_000;

/** Join, by polling alone or also by WebSocket, and note who leaves. */
async function join(number) {
  const transports = number % 2 ? ["polling"] : ["polling", "websocket"];
  const socket = io(`http://127.0.0.1:${port}?roomid=crowd`, { transports, forceNew: true, reconnection: false });
  const left = [];
  socket.on("message", ({ event, data }) => {
    if (event === "broadcast_quit") left.push(data.session);
  });
  await until(`client ${number} is connected`, () => socket.connected, WITHIN_MS);
  const client = { socket, left, session: socket.id, node: socket.id.split(".")[0], end: "" };
  socket.on("disconnect", (reason) => (client.end = reason));
  await socket.timeout(WITHIN_MS).emitWithAck("join", { username: `u${number}` });
  return client;
}

const all = await Promise.all(Array.from({ length: clients }, (_, number) => join(number)));
const nodes = {};
for (const { node } of all) nodes[node] = (nodes[node] ?? 0) + 1;
console.log(JSON.stringify(nodes));
const [line] = await once(process.stdin, "data");
const victim = line.toString().trim();
const gone = all.filter(({ node }) => node === victim).map(({ session }) => session).sort();
const others = all.filter(({ node }) => node !== victim);
const complete = () => others.every(({ left }) => left.length >= gone.length);
await until("everybody has heard of everybody", complete, WITHIN_MS).catch(() => undefined);
await new Promise((resolve) => setTimeout(resolve, 500)); // what is doubled comes late
const right = ({ left }) => JSON.stringify([...left].sort()) === JSON.stringify(gone);
console.log(
  JSON.stringify({
    gone: gone.length,
    others: others.length,
    right: others.filter(right).length,
    ends: others.map(({ end }) => end).filter(Boolean),
  }),
);
process.exit(0);
