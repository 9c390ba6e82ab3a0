// Let many Socket.IO clients talk in rooms, and print what each of them saw:
//   node polled.mjs PORT CLIENTS ROOMS MESSAGES [TRANSPORTS]
// MESSAGES: how many each client says. TRANSPORTS: polling alone, unless polling,websocket is said.
// Prints {"clients", "upgraded", "said", "seen", "faults": [...], "ends": [...]}.
import { io } from "socket.io-client";
import { until } from "./stage.mjs";

const [port, clients, rooms, messages] = process.argv.slice(2, 6).map(Number);
const transports = (process.argv[6] ?? "polling").split(",");
const AT_ONCE = 25;
const IN_FLIGHT = 4;
const WITHIN_MS = 600_000;
const ANSWER_MS = 60_000;

/** Open a client that follows its room, and judges each message as it comes. */
async function open(number) {
  const socket = io(`http://127.0.0.1:${port}`, { transports, forceNew: true, reconnection: false });
  const room = `polled-${process.pid}-${number % rooms}`;
  const client = { number, room, socket, seen: 0, faults: [], end: "" };
  const last = new Map();
  let top = 0;
  socket.on("message", ({ from, n }, meta) => {
    client.seen += 1;
    if (meta.offset !== top + 1) client.faults.push(`offset ${meta.offset} behind ${top}`);
    if (n !== (last.get(from) ?? 0) + 1) client.faults.push(`${n} of ${from} behind ${last.get(from)}`);
    top = meta.offset;
    last.set(from, n);
  });
  for (const event of ["resync", "unsubscribed", "error"])
    socket.on(event, (told) => client.faults.push(`${event} ${JSON.stringify(told)}`));
  socket.on("connect_error", (fault) => client.faults.push(`${fault.message} ${fault.description}`));
  socket.on("disconnect", (reason) => (client.end = reason));
  await until(`client ${number} is connected: ${client.faults}`, () => socket.connected, ANSWER_MS);
  client.ask = (event, told) => socket.timeout(ANSWER_MS).emitWithAck(event, told);
  const followed = await client.ask("subscribe", { channel: room });
  if (followed.error) client.faults.push(JSON.stringify(followed));
  return client;
}

/** Say all that a client has to say, a few at a time; return how much was stored. */
async function talk(client) {
  let next = 0;
  let stored = 0;
  const one = async () => {
    while (next < messages) {
      next += 1;
      const data = { from: client.number, n: next };
      const answer = await client.ask("publish", { channel: client.room, data });
      if (answer.error) client.faults.push(JSON.stringify(answer));
      else stored += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return stored;
}

const all = [];
for (let first = 0; first < clients; first += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, clients - first) }, (_, n) => open(first + n));
  all.push(...(await Promise.all(batch)));
}
const began = Date.now();
const stored = await Promise.all(all.map(talk));
const wanted = (clients / rooms) * messages;
const complete = () => all.every(({ seen, end }) => seen >= wanted || end);
await until("everybody has seen everything", complete, WITHIN_MS).catch((fault) => all[0].faults.push(fault.message));
const seconds = (Date.now() - began) / 1000;
await new Promise((resolve) => setTimeout(resolve, 300)); // what is doubled comes late
console.log(
  JSON.stringify({
    clients: all.length,
    upgraded: all.filter(({ socket }) => socket.io.engine.transport.name === "websocket").length,
    said: stored.reduce((sum, count) => sum + count, 0),
    seen: all.reduce((sum, { seen }) => sum + seen, 0),
    faults: all.flatMap(({ faults }) => faults).slice(0, 20),
    ends: all.map(({ end }) => end).filter(Boolean),
    seconds,
  }),
);
for (const { socket } of all) socket.disconnect();
setTimeout(() => process.exit(0), 200);
