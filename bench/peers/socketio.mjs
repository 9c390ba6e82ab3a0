// npm socket.io: one room, WebSocket only, with what its documentation advises to save memory.
// With a Redis URL it is one of several nodes, which its adapter over Redis Streams joins.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [port, redis] = process.argv.slice(2);
const options = { transports: ["websocket"], serveClient: false, perMessageDeflate: false };
if (redis) options.adapter = createAdapter(await createClient({ url: redis }).connect());

const http = createServer();
const io = new Server(http, options);

// "Memory usage" in its documentation: forget the first request of each connection.
io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  socket.join("fan");
  socket.on("say", (data) => io.to("fan").emit("said", data));
});

http.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });
