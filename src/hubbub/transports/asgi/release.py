"""Take a WebSocket's raw transport out of uvicorn, so that an embedded app is as fast as our own server.

ASGI has no such thing. uvicorn's `receive` is a bound method of the protocol object that owns the
transport; once the handshake is ours to answer, that object is left behind as if it were done. What is relied
on was read in the source of the versions named here. Whatever else is found is left alone, and carried by
plain events.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

from starlette.types import Receive

if TYPE_CHECKING:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from uvicorn.server import Protocols

KNOWN_CLASS = "uvicorn.protocols.websockets.websockets_sansio_impl.WebSocketsSansIOProtocol"
"""What `--ws auto` means since 0.50, and `--ws websockets-sansio` before."""
KNOWN_VERSIONS = ((0, 50), (0, 55))
"""From the first one, up to but not including the second one."""


class NotTakenOver(Exception):
    """Tell why a transport stays where it is, and whether that is worth a warning."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.expected = expected


@cache
def _uvicorn() -> str:
    return version("uvicorn")


def is_known(number: str) -> bool:
    """Tell whether a version of uvicorn is one that was read."""
    found = re.match(r"(\d+)\.(\d+)", number)
    first, after = KNOWN_VERSIONS
    return found is not None and first <= (int(found[1]), int(found[2])) < after


def find_protocol(receive: Receive) -> WebSocketsSansIOProtocol:
    """Return uvicorn's protocol object behind `receive`, untouched since the request's head.

    Raises NotTakenOver.
    """
    protocol = getattr(receive, "__self__", None)
    name = f"{type(protocol).__module__}.{type(protocol).__qualname__}"
    if name != KNOWN_CLASS:
        is_uvicorn = name.startswith("uvicorn.")
        advice = "; uvicorn 0.50 and newer with --ws auto is" if is_uvicorn else ""
        raise NotTakenOver(f"{name} is not known{advice}", expected=not is_uvicorn)
    if not is_known(_uvicorn()):
        raise NotTakenOver(f"uvicorn {_uvicorn()} is newer or older than what is known")
    found = cast("WebSocketsSansIOProtocol", protocol)
    try:
        untouched = _is_untouched(found)
    except AttributeError as fault:
        raise NotTakenOver(f"what uvicorn relies on has changed: {fault}") from None
    if not untouched:
        raise NotTakenOver("the client did not wait for the handshake's answer", expected=True)
    return found


def _is_untouched(protocol: WebSocketsSansIOProtocol) -> bool:
    """Tell whether nothing was answered yet, nor sent behind the head (which RFC 6455 4.1 forbids)."""
    transport = protocol.transport
    return not (
        protocol.handshake_complete
        or protocol.close_sent
        or protocol.initial_response
        or transport.is_closing()
        or transport.get_protocol() is not protocol
        or protocol.read_paused
        or not protocol.queue.empty()
        or protocol.conn.reader.buffer
    )


def release(protocol: WebSocketsSansIOProtocol) -> asyncio.Transport:
    """Return the transport; the protocol object has nothing left to do, and is forgotten by its server."""
    transport = protocol.transport
    protocol.handshake_complete = True  # so that no error is sent when the application returns
    protocol.close_sent = True
    protocol.connections.discard(protocol)
    protocol.transport = _Gone()  # which is what is closed then
    return transport


class _Gone(asyncio.Transport):
    """Take the place of a transport that belongs to somebody else now."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        pass

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass


class Stays:
    """Stand among the connections of each uvicorn server that something was taken from, so that it waits.

    Args:
        leave: closes what was taken over, and returns when that is done.
    """

    __slots__ = ("_leave", "_places")

    def __init__(self, leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._leave = leave
        self._places: list[set[object]] = []

    def stand_in(self, connections: set[Protocols]) -> None:
        """Make the server's shutdown wait; without effect where that was done."""
        place = cast(set[object], connections)
        if not any(each is place for each in self._places):
            self._places.append(place)
            place.add(Stay(self._leave, partial(self._vanish, place)))

    def _vanish(self, place: set[object], stay: Stay) -> None:
        place.discard(stay)
        self._places = [each for each in self._places if each is not place]


class Stay:
    """Be one of a server's connections, as far as its shutdown goes."""

    __slots__ = ("_leave", "_task", "_vanish")

    def __init__(
        self, leave: Callable[[], Coroutine[Any, Any, None]], vanish: Callable[[Stay], None]
    ) -> None:
        self._leave = leave
        self._vanish = vanish
        self._task: asyncio.Task[None] | None = None

    def shutdown(self) -> None:
        """Begin to leave; uvicorn calls this, and then waits until its set is empty."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go())

    async def _go(self) -> None:
        try:
            await self._leave()
        finally:
            self._vanish(self)
