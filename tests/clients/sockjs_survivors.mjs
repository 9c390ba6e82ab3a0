// Follow one channel with many clients of STOMP within SockJS, through whatever happens to the server:
//   node sockjs_survivors.mjs PORT CHANNEL TRANSPORT,... EACH
// EACH: clients of each transport. Prints "following" once all are subscribed, and, when each has seen a
// message {end: true}, a line of JSON for each: its transport, what it saw, how often it came back, what the
// server said of its recoveries, with what its sockets ended, and for how long it was without one at most.
import { Client } from "@stomp/stompjs";
import SockJS from "sockjs-client";
import { until } from "./stage.mjs";

const [port, channel, transports, each] = process.argv.slice(2);
const address = `http://127.0.0.1:${port}/stomp`;
const WITHIN_MS = 180_000;

class Follower {
  constructor(transport) {
    this.notes = { transport, seen: [], returns: 0, recovered: 0, ends: [], away: 0 };
    this.following = false;
    this.ended = false;
    this.last = "";
    this.left = 0;
    this.client = new Client({
      webSocketFactory: () => {
        const socket = new SockJS(address, null, { transports: transport });
        socket.addEventListener("close", ({ code }) => this.#end(code));
        return socket;
      },
      reconnectDelay: 100,
      onConnect: () => this.#follow(),
    });
    this.client.activate();
  }

  #follow() {
    this.client.watchForReceipt("back", ({ headers }) => {
      this.following = true;
      this.last ||= headers["x-position"];
      if (!this.left) return;
      this.notes.returns += 1;
      if (headers["x-recovered"] === "true") this.notes.recovered += 1;
      this.notes.away = Math.max(this.notes.away, Date.now() - this.left);
      this.left = 0;
    });
    const since = this.last ? { "x-since": this.last } : {};
    const show = ({ headers, body }) => {
      this.last = headers["message-id"];
      const { n, end } = JSON.parse(body);
      if (end) this.ended = true;
      else this.notes.seen.push(n);
    };
    this.client.subscribe(`/topic/${channel}`, show, { receipt: "back", ...since });
  }

  #end(code) {
    if (this.following) this.notes.ends.push(code);
    this.left ||= this.following ? Date.now() : 0;
  }
}

const followers = transports.split(",").flatMap((transport) =>
  Array.from({ length: Number(each) }, () => new Follower(transport)),
);
await until("all follow", () => followers.every(({ following }) => following));
console.log("following");
await until("the end", () => followers.every(({ ended }) => ended), WITHIN_MS).catch(() => {});
const lines = followers.map(({ notes }) => `${JSON.stringify(notes)}\n`).join("");
process.stdout.write(lines, () => process.exit(0)); // an exit before would cut it off
