// Follow one channel with many clients of the real SDK, through whatever happens to the server:
//   node survivors.mjs PORT CHANNEL CLIENTS
// Prints "following" once all are subscribed, and, when each has seen a publication {end: true}, a line of JSON
// for each: what it saw, how often it came back, and what the server said of its recoveries.
import { Actor, until } from "./stage.mjs";

const [port, channel, count] = process.argv.slice(2);
const address = `ws://127.0.0.1:${port}/connection/websocket`;
const WITHIN_MS = 90_000;

const actors = Array.from({ length: Number(count) }, (_, n) => new Actor(address, `user${n}`));
await Promise.all(actors.map((actor) => actor.connected()));
const rooms = await Promise.all(actors.map((actor) => actor.follow(channel)));
console.log("following");
await until("the end", () => rooms.every((room) => room.seen().some((data) => data.end)), WITHIN_MS);
rooms.forEach((room, n) => {
  const returns = room.notes.filter((note) => note.event === "subscribed" && note.wasRecovering);
  console.log(
    JSON.stringify({
      seen: room.seen().filter((data) => !data.end).map((data) => data.n),
      returns: returns.length,
      recovered: returns.filter((note) => note.recovered).length,
      closes: actors[n].noted("connecting").map((note) => note.code),
    }),
  );
});
actors.forEach((actor) => actor.close());
