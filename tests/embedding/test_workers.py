"""Several processes of uvicorn, each a node: one hub through Redis, and strangers without."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.embedding.hosts import Host, hosted
from tests.server.running import wait_until
from tests.servers import RedisServer

WORKERS = ("--workers", "2")
PATIENCE_S = 60.0


def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next message of a kind."""
    while True:
        said = json.loads(socket.recv(PATIENCE_S))
        if said["type"] == kind:
            return dict(said)


def enter(host: Host, stack: ExitStack) -> ClientConnection:
    """Come into a room."""
    socket = stack.enter_context(connect(host.address("/ws/room:lobby?format=json"), proxy=None))
    heard(socket, "subscribed")
    return socket


def listening(redis: RedisServer) -> int:
    """Return how many nodes listen to the room."""
    channels = redis.cli("PUBSUB", "CHANNELS", "*lobby*").split()
    return max(
        (int(redis.cli("PUBSUB", "NUMSUB", each).split()[-1]) for each in channels), default=0
    )


def wait_for_the_end(socket: ClientConnection) -> None:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(2 * PATIENCE_S)


def test_workers_are_one_hub_through_redis(tmp_path: Path) -> None:
    with (
        RedisServer(tmp_path) as redis,
        hosted("starlette_app", "uvicorn", tmp_path, *WORKERS, broker=redis.url) as host,
        ExitStack() as stack,
    ):
        sockets: list[ClientConnection] = []
        while listening(redis) < 2:  # the kernel chooses the worker
            assert len(sockets) < 100
            sockets.append(enter(host, stack))
        with host.client() as client:
            client.cookies.set("name", "desk")
            assert client.post("/rooms/lobby/announce", content="hello").status_code == 200
        said = [heard(socket, "message")["data"] for socket in sockets]
        ends = [threading.Thread(target=wait_for_the_end, args=(socket,)) for socket in sockets]
        for end in ends:
            end.start()
        host.stop()
        for end in ends:
            end.join()
        codes = {socket.close_code for socket in sockets}

    assert said == [{"from": "desk", "text": "hello"}] * len(sockets)
    assert codes == {3001}


def test_workers_that_cannot_hear_each_other_are_warned_about(tmp_path: Path) -> None:
    with (
        hosted("starlette_app", "uvicorn", tmp_path, *WORKERS) as host,
        ExitStack() as stack,
    ):
        enter(host, stack)
        wait_until(lambda: "use redis://" in host.log.read_text())
