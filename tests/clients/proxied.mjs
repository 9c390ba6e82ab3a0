// Follow one channel over a WebSocket and both kinds of streams, through a proxy and whatever happens behind it:
//   node proxied.mjs PORT CHANNEL
// Each client says a word of its own first (streams do that over /emulation), and waits for those of the others. Prints
// "following" then, and, when each has seen a publication {end: true}, a line of JSON for each.
import { EventSource } from "eventsource";
import { Actor, until } from "./stage.mjs";

const [port, channel] = process.argv.slice(2);
const at = `127.0.0.1:${port}`;
const WITHIN_MS = 45_000;
const carriers = ["websocket", "sse", "http_stream"];

const actors = carriers.map((transport) => {
  const endpoint = `${transport === "websocket" ? "ws" : "http"}://${at}/connection/${transport}`;
  const emulationEndpoint = `http://${at}/emulation`;
  return new Actor([{ transport, endpoint }], transport, { emulationEndpoint, eventsource: EventSource });
});
await Promise.all(actors.map((actor) => actor.connected()));
const rooms = await Promise.all(actors.map((actor) => actor.follow(channel)));
await Promise.all(actors.map((actor, n) => actor.client.publish(channel, { from: carriers[n] })));
const words = (room) => room.seen().filter((data) => data.from).length;
await until("all words", () => rooms.every((room) => words(room) === carriers.length));
console.log("following");
await until("the end", () => rooms.every((room) => room.seen().some((data) => data.end)), WITHIN_MS);
rooms.forEach((room, n) => {
  const returns = room.notes.filter((note) => note.event === "subscribed" && note.wasRecovering);
  console.log(
    JSON.stringify({
      carrier: carriers[n],
      seen: room.seen().filter((data) => "n" in data).map((data) => data.n),
      words: words(room),
      returns: returns.length,
      recovered: returns.filter((note) => note.recovered).length,
    }),
  );
});
process.exit(0);
