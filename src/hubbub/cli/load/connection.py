"""One connection of a load run: it opens, joins its channel, and hands on every text it hears."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol, cast

from hubbub.cli.load import wire
from hubbub.cli.load.plan import LoadError
from hubbub.cli.load.speech import Speech, Step
from hubbub.transports.websocket.frames import BINARY, CLOSE, PING, PONG, TEXT

_NORMAL = (1000).to_bytes(2, "big")


class Host(Protocol):
    """What a connection tells the run it belongs to. Nothing here waits or raises."""

    def heard(self, connection: Connection, text: bytes) -> None:
        """Take a text that came after joining."""
        ...

    def gone(self, connection: Connection, why: str) -> None:
        """Learn that a connection ended by itself, once."""
        ...


class Connection(asyncio.Protocol):
    """A client of one channel.

    Args:
        number: its number in the run.
        opening: the handshake request, and the accept value that answers it.
        steps: how it joins its channel afterwards.
    """

    __slots__ = (
        "_accept",
        "_ended",
        "_frames",
        "_head",
        "_host",
        "_request",
        "_speech",
        "_steps",
        "_transport",
        "joined",
        "number",
    )

    def __init__(
        self,
        number: int,
        host: Host,
        opening: tuple[bytes, str],
        speech: Speech,
        steps: tuple[Step, ...],
    ) -> None:
        self.number = number
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection is in its channel; LoadError when it cannot be."""
        self._host = host
        self._speech = speech
        self._request, self._accept = opening
        self._steps = deque(steps)
        self._head: bytes | None = b""
        self._frames = wire.Frames()
        self._transport: asyncio.Transport | None = None
        self._ended = False

    @property
    def open(self) -> bool:
        """Tell whether there is a socket."""
        return self._transport is not None

    # ── what the run asks ───────────────────────────────────────────────────────────────────────

    def say(self, *texts: bytes) -> None:
        """Send texts, in one piece; ignored once the connection is gone."""
        self._write(b"".join(wire.frame(TEXT, text) for text in texts))

    def leave(self) -> None:
        """End the connection from this side with a goodbye; `gone` is not called any more."""
        self._write(wire.frame(CLOSE, _NORMAL))
        self._ended = True
        if self._transport is not None:
            self._transport.close()

    # ── asyncio.Protocol ────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)
        self._request = b""

    def data_received(self, data: bytes) -> None:
        """Take bytes: first the answer to the handshake, then frames."""
        try:
            if self._head is not None:
                self._head += data
                end = wire.accepted(self._head, self._accept)
                if end is None:
                    return
                data, self._head = self._head[end:], None
                self._proceed()
            for opcode, payload in self._frames.feed(data):
                self._take(opcode, payload)
        except LoadError as error:
            self._end(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Notice that the socket is closed."""
        self._transport = None
        self._end("the server dropped the connection without a word")

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._ended:
            self._transport.write(data)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._write(wire.frame(PONG, payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") or 1005
            said = payload[2:].decode(errors="replace")
            self._end(f"the server closed the connection with {code} {said}".rstrip())
        elif opcode in {TEXT, BINARY}:
            self._hear(payload)

    def _hear(self, text: bytes) -> None:
        answer = self._speech.answer(text)
        if answer is not None:
            self.say(answer)
        elif self.joined.done():
            self._host.heard(self, text)
        elif (complaint := self._speech.complaint(text)) is not None:
            raise LoadError(f"the server refused to let a client in: {complaint}")
        elif self._steps and self._steps[0].expect in text:
            self._steps.popleft()
            self._proceed()

    def _proceed(self) -> None:
        """Send the next step of joining, or be ready."""
        if self._steps:
            self.say(self._steps[0].send)
        elif not self.joined.done():
            self.joined.set_result(None)

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self.leave()
        if self.joined.done():
            self._host.gone(self, why)
        else:
            self.joined.set_exception(LoadError(why))
