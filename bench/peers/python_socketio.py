"""Run PyPI python-socketio on uvicorn and uvloop: one room, WebSocket only.

With a Redis URL it is one of several nodes, which its Redis manager joins.

Engine.IO has its own pings, so uvicorn's second ones are off, and so is compression.
"""

from __future__ import annotations

import sys

import socketio  # it lives in a venv of its own
import uvicorn

port, *redis = sys.argv[1:]
server = socketio.AsyncServer(
    async_mode="asgi",
    transports=["websocket"],
    logger=False,
    client_manager=socketio.AsyncRedisManager(redis[0]) if redis else None,
)


async def join(sid: str, environ: dict[str, object]) -> None:
    """Put a new connection into the room."""
    await server.enter_room(sid, "fan")


async def say(sid: str, data: object) -> None:
    """Send what one client says to all."""
    await server.emit("said", data, room="fan")


if __name__ == "__main__":
    server.on("connect", join)
    server.on("say", say)
    uvicorn.run(
        socketio.ASGIApp(server),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        backlog=4096,
        log_level="warning",
        access_log=False,
    )
