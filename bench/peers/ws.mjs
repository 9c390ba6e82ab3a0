// npm ws: send what one client says to all, as its README's broadcast example does, with its heartbeat.
import { WebSocketServer, WebSocket } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  backlog: 4096,
});

server.on("connection", (socket) => {
  socket.alive = true;
  socket.on("error", () => socket.terminate());
  socket.on("pong", () => {
    socket.alive = true;
  });
  socket.on("message", (data, binary) => {
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary });
    }
  });
});

setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.alive) {
      socket.terminate();
      continue;
    }
    socket.alive = false;
    socket.ping();
  }
}, 25_000);
