// npm socket.io: one room, WebSocket only, with what its documentation advises to save memory.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });

// "Memory usage" in its documentation: forget the first request of each connection.
io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  socket.join("fan");
  socket.on("say", (data) => io.to("fan").emit("said", data));
});

http.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
