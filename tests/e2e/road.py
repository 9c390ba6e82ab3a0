"""The network between a browser and its node, so that a test can break it: a TCP forwarder with switches."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

CHUNK = 65536


class Road:
    """Forward a port of our own to `target`, a node's port; it stays the same when it leads elsewhere.

    `open` is whether it lets anybody through; `deaf` whether the node's answers get lost on the way.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.open = True
        self.deaf = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._travel, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Return the address that a browser opens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    def close(self) -> None:
        """Let nobody through, and drop those on the way."""
        self.open = False
        self.cut()

    def cut(self) -> None:
        """Drop every connection without a goodbye; new ones are let through if the road is open."""
        for writer in self._writers:
            writer.transport.abort()

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not self.open:
            writer.transport.abort()
            return
        with suppress(OSError):
            there = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers |= {writer, there[1]}
            await asyncio.gather(
                self._carry(reader, there[1], answers=False),
                self._carry(there[0], writer, answers=True),
            )
            self._writers -= {writer, there[1]}
            return
        writer.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if answers and self.deaf:
                    continue
                sink.write(data)
                await sink.drain()
        sink.close()
