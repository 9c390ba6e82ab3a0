"""The border between a transport and a session: who may come in, and a contract for each side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hubbub.dialects.contract import Request
from hubbub.errors import Close
from hubbub.model import Packet


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
    """Take the connection: this conversation runs over it, in this sub-protocol (None: none is named)."""

    conversation: Conversation
    subprotocol: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer the handshake with an HTTP error instead: `status`, one sentence, perhaps headers."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


class Doorkeeper(Protocol):
    """Decide about a WebSocket handshake before it is answered. Never waits."""

    def admit(self, request: Request, subprotocols: Sequence[str]) -> Accepted | Refusal | None:
        """Return who talks on this connection, why not, or None where the path is not ours.

        `subprotocols` are those that the client offers, in its order; empty names are left out.
        """
        ...
