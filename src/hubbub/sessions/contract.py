"""The border between a transport and a session: who may come in, and a contract for each side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from hubbub.dialects.contract import Request
from hubbub.errors import Close
from hubbub.model import Packet

Carrier: TypeAlias = Literal[
    "websocket",
    "sse",
    "http_stream",
    "polling",
    "xhr",
    "xhr_streaming",
    "eventsource",
    "htmlfile",
    "jsonp",
]
"""What carries a connection: a WebSocket, an HTTP response that does not end, or many short requests.

The last five are those of SockJS.
"""

STREAM_METHODS: Mapping[Carrier, tuple[str, ...]] = {
    "sse": ("GET", "POST"),
    "http_stream": ("POST",),
    "xhr": ("POST",),
    "xhr_streaming": ("POST",),
    "eventsource": ("GET",),
    "htmlfile": ("GET",),
    "jsonp": ("GET",),
}
"""With which methods a stream is asked for; one that ends with its first frame is a stream as well."""

SPOKEN_TO: frozenset[Carrier] = frozenset({"sse", "http_stream"})
"""Streams whose requests hold the first message of their clients."""

SINGLE: frozenset[Carrier] = frozenset({"xhr", "jsonp"})
"""Streams that end with the first that is said; until then nothing is written, not even a head."""

FIRST = "cf_connect"
"""The query parameter that holds the first message of a client which can send none before it is answered."""

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Connection(Protocol):
    """What a session needs of its carrier. Nothing here waits."""

    says_close: bool
    """Whether `close` tells the client code and reason; elsewhere the dialect says farewell first."""

    write: Callable[[bytes], None]
    """Hand final wire bytes to the socket; shared bytes objects are not copied."""

    frame: Callable[[Packet], bytes]
    """Make final wire bytes of a packet. The very same function for all connections that may share them."""

    def send(self, packet: Packet) -> None:
        """Frame one packet for this client alone, and write it; ignored once closing."""
        ...

    def ping(self) -> None:
        """Send the transport's own ping, where it has one."""
        ...

    def close(self, close: Close) -> None:
        """Say goodbye in the transport's way, flush, and end; `Conversation.closed` follows. Idempotent."""
        ...

    def abort(self) -> None:
        """Drop the socket and all that is still queued; `Conversation.closed` follows."""
        ...

    def backlog(self) -> int:
        """Return the bytes that the socket has not taken yet."""
        ...

    def pause_reading(self) -> None:
        """Stop reading from the client, so that TCP slows it down."""
        ...

    def resume_reading(self) -> None:
        """Read on."""
        ...


class Conversation(Protocol):
    """What a transport tells the session it carries. Nothing here waits or raises."""

    def opened(self, connection: Connection) -> None:
        """The handshake is answered: the connection may be written to from now on."""
        ...

    def received(self, packet: Packet) -> None:
        """A whole message arrived."""
        ...

    def heard(self) -> None:
        """The peer gave a sign of life that is no message: a pong, a ping, part of a message."""
        ...

    def congested(self) -> None:
        """The backlog rose above the high water mark (64 KiB)."""
        ...

    def drained(self) -> None:
        """The backlog fell below the low water mark."""
        ...

    def closed(self, close: Close) -> None:
        """The socket is gone; nothing may be written any more. Called exactly once."""
        ...


@dataclass(frozen=True, slots=True)
class Accepted:
    """Take the connection: this conversation runs over it, in this sub-protocol (None: none was offered).

    `headers` are the answer's, where it is a stream.
    """

    conversation: Conversation
    subprotocol: str | None = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer the handshake with an HTTP error instead: `status`, one sentence, perhaps headers.

    `node` is where it would not be refused, as far as is known here; "" is nowhere.
    """

    status: int
    reason: str
    headers: Headers = ()
    node: str = ""


class Doorkeeper(Protocol):
    """Decide about a connection before its request is answered. Never waits."""

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted | Refusal | None:
        """Return who talks on this connection, why not, or None where the path is not ours.

        `offered` are the sub-protocols that a WebSocket's client names, in its order and without empty names;
        for a stream it is the media type of the request.
        """
        ...

    def stream(self, path: str) -> Carrier | None:
        """Return what kind of stream a raw path leads to; None where it leads to none."""
        ...

    def greet(self, headers: Mapping[str, str]) -> Headers | Refusal:
        """Return what lets the page that asks read the answer, or why its origin may not ask."""
        ...
