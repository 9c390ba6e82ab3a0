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
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from uvicorn.server import Protocols

WEBSOCKET = "uvicorn.protocols.websockets.websockets_sansio_impl.WebSocketsSansIOProtocol"
"""What `--ws auto` means since 0.50."""
REQUEST = "uvicorn.protocols.http.httptools_impl.RequestResponseCycle"
HTTP = "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol"
"""What `--http auto` means where httptools is installed."""
KNOWN_VERSIONS = ((0, 50), (0, 55))
"""From the first one, up to but not including the second one."""


class NotReleased(Exception):
    """Tell why a transport stays where it is, and whether that is worth a warning."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.expected = expected


class Crowded(NotReleased):
    """Tell that other requests are on their way over the same connection."""


@cache
def _uvicorn() -> str:
    return version("uvicorn")


def is_known(number: str) -> bool:
    """Tell whether a version of uvicorn is one that was read."""
    found = re.match(r"(\d+)\.(\d+)", number)
    first, after = KNOWN_VERSIONS
    return found is not None and first <= (int(found[1]), int(found[2])) < after


def _class_of(owner: object) -> str:
    return f"{type(owner).__module__}.{type(owner).__qualname__}"


def _owner(receive: Receive, known: str) -> Any:  # noqa: ANN401 - a class that we look into, not at
    """Return the object whose method `receive` is, if it is of a class that is known. Raises NotReleased."""
    owner = getattr(receive, "__self__", None)
    name = _class_of(owner)
    if name != known:
        is_uvicorn = name.startswith("uvicorn.")
        advice = "; use what uvicorn 0.50 and newer takes by itself" if is_uvicorn else ""
        raise NotReleased(f"it is {name} that receives{advice}", expected=not is_uvicorn)
    if not is_known(_uvicorn()):
        raise NotReleased(f"uvicorn {_uvicorn()} is newer or older than what is known")
    return owner


# ── WebSockets ──────────────────────────────────────────────────────────────────────────────────


def find_websocket(receive: Receive) -> WebSocketsSansIOProtocol:
    """Return uvicorn's protocol object, untouched since the handshake's head. Raises NotReleased."""
    protocol = cast("WebSocketsSansIOProtocol", _owner(receive, WEBSOCKET))
    try:
        transport = protocol.transport
        touched = (
            protocol.handshake_complete
            or protocol.close_sent
            or protocol.initial_response
            or transport.is_closing()
            or transport.get_protocol() is not protocol
            or protocol.read_paused
            or not protocol.queue.empty()
            or protocol.conn.reader.buffer
        )
    except AttributeError as fault:
        raise NotReleased(f"what uvicorn relies on has changed: {fault}") from None
    if touched:  # by a client that sends more behind the head, which RFC 6455 section 4.1 forbids
        raise NotReleased("the client did not wait for the handshake's answer", expected=True)
    return protocol


def release_websocket(protocol: WebSocketsSansIOProtocol) -> asyncio.Transport:
    """Return the transport; the protocol object has nothing left to do, and is forgotten by its server."""
    transport = protocol.transport
    protocol.handshake_complete = True  # so that no error is sent when the application returns
    protocol.close_sent = True
    protocol.connections.discard(protocol)
    protocol.transport = _Gone()  # which is what is closed then
    return transport


# ── streams ─────────────────────────────────────────────────────────────────────────────────────


def find_request(receive: Receive) -> RequestResponseCycle:
    """Return uvicorn's request, which is all there and unanswered. Raises NotReleased, Crowded."""
    cycle = cast("RequestResponseCycle", _owner(receive, REQUEST))
    try:
        protocol = _http_of(cycle)
        if _class_of(protocol) != HTTP:
            raise NotReleased(f"{_class_of(protocol)} is not known")
        transport = cycle.transport
        touched = (
            cycle.response_started
            or cycle.disconnected
            or cycle.more_body
            or protocol.cycle is not cycle
            or protocol.pipeline
            or transport.is_closing()
            or transport.get_protocol() is not protocol
        )
    except AttributeError as fault:
        raise NotReleased(f"what uvicorn relies on has changed: {fault}") from None
    if touched:
        raise Crowded("the client has more than one request on its way", expected=True)
    return cycle


def _http_of(cycle: RequestResponseCycle) -> HttpToolsProtocol:
    return cast("HttpToolsProtocol", cycle.on_response.__self__)  # type: ignore[attr-defined]


def connections_of(cycle: RequestResponseCycle) -> set[Protocols]:
    """Return the server's connections, one of which a request came over."""
    return _http_of(cycle).connections


def release_request(cycle: RequestResponseCycle) -> asyncio.Transport:
    """Return the transport; the request counts as answered, and its connection is forgotten by its server."""
    protocol, transport = _http_of(cycle), cycle.transport
    cycle.response_started = cycle.response_complete = True
    protocol.connections.discard(protocol)
    protocol._unset_keepalive_if_required()
    protocol.flow.resume_reading()
    protocol.parser = None  # type: ignore[assignment] # it refers to the protocol, so that both would stay
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
