"""A request that asks for a stream, without I/O: its head, its body as it arrives, and what it says first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hubbub.dialects.contract import Request
from hubbub.model import Packet
from hubbub.sessions.contract import (
    FIRST,
    SPOKEN_TO,
    Accepted,
    Carrier,
    Doorkeeper,
    Headers,
    Refusal,
)
from hubbub.transports.streams import sockjs
from hubbub.transports.streams.wires import OCTETS, Wire, wire_of


def media_type(headers: Mapping[str, str]) -> str:
    """Return a request's media type in lower case, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(slots=True)
class Entry:
    """A request for a stream, perhaps amid its body.

    Args:
        method: GET or POST. http_version: such as `1.1`.
        greeting: headers of every answer to it, for the page that asks.
        limit: the largest body in bytes. keep: whether another request may come on its connection.
    """

    request: Request
    carrier: Carrier
    method: str
    http_version: str
    greeting: Headers
    limit: int
    keep: bool = False
    body: bytearray = field(default_factory=bytearray, init=False)

    @property
    def offered(self) -> tuple[str, ...]:
        """Return the media type that the client speaks, where it says so."""
        media = media_type(self.request.headers)
        return (media,) if media else ()

    def refuse(self, status: int, reason: str) -> Refusal:
        """Return a refusal that the page can read."""
        return Refusal(status, reason, self.greeting)

    def take(self, piece: bytes) -> Refusal | None:
        """Take a part of the body; refuse what makes it too large."""
        if len(self.body) + len(piece) > self.limit:
            return self.too_large()
        self.body += piece
        return None

    def too_large(self) -> Refusal:
        """Return what a body above the limit is answered with."""
        return self.refuse(413, f"A stream's request may have {self.limit} bytes at most.")

    def welcome(self, doorkeeper: Doorkeeper) -> tuple[Accepted, Packet | None] | Refusal:
        """Ask the doorkeeper about a request that is all there; return who talks, and what was said first."""
        first = self.first() if self.carrier in SPOKEN_TO else None
        if isinstance(first, Refusal):
            return first
        verdict = doorkeeper.admit(self.request, self.offered, self.carrier)
        if verdict is None:
            return self.refuse(404, "This path leads to no stream.")
        if isinstance(verdict, Refusal):
            return replace(verdict, headers=verdict.headers + self.greeting)
        return verdict, first

    def wire(self, accepted: Accepted, http_version: str) -> Wire:
        """Return how the answer is written."""
        if self.carrier in SPOKEN_TO:
            return wire_of(self.carrier, accepted.subprotocol, http_version)
        return sockjs.wire(self.carrier, http_version, self.request.query.get("c", ""))

    def first(self) -> Packet | Refusal:
        """Return what the client says first: a GET's parameter, or a POST's body."""
        if self.method == "GET":
            said = self.request.query.get(FIRST, "").encode()
            if not said:
                return self.refuse(400, f"The address lacks {FIRST}, the first message.")
            return Packet(said)
        if not self.body:
            return self.refuse(400, "The body is empty; it holds the first message.")
        if media_type(self.request.headers) == OCTETS:
            return Packet(bytes(self.body), binary=True)
        try:
            self.body.decode()
        except UnicodeDecodeError:
            return self.refuse(400, "The body is not UTF-8.")
        return Packet(bytes(self.body))
