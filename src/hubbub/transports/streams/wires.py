"""How packets are written into an HTTP response that does not end: as events, as lines, or as they are.

A response is in chunks (RFC 9112 section 7.1), or for HTTP/1.0 as it is, up to the connection's end. A packet
is one chunk, ready for everybody who reads the same kind of stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubbub.model import Packet
from hubbub.sessions.contract import Carrier, Headers

OCTETS = "application/octet-stream"
"""The media type of packets that are bytes."""

_LAST_CHUNK = b"0\r\n\r\n"


def sse_event(packet: Packet) -> bytes:
    """Make an event (WHATWG HTML section 9.2.5): a packet of several lines is one of several `data` fields.

    A carriage return ends a line there too, so that it comes out as a line feed. JSON does not mind.
    """
    data = packet.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    return b"data: %b\n\n" % data


def line(packet: Packet) -> bytes:
    """Make a line; line feeds in JSON only stand between its words, so that a space does as well."""
    return packet.data.replace(b"\n", b" ") + b"\n"


def octets(packet: Packet) -> bytes:
    """Return the bytes as they are: their dialect says where they end."""
    return packet.data


def chunk(data: bytes) -> bytes:
    """Make a chunk; of nothing none, because an empty one would end the response."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def sse_frame(packet: Packet) -> bytes:
    """Make the chunk of an event."""
    return chunk(sse_event(packet))


def line_frame(packet: Packet) -> bytes:
    """Make the chunk of a line."""
    return chunk(line(packet))


def octets_frame(packet: Packet) -> bytes:
    """Make the chunk of some bytes."""
    return chunk(packet.data)


@dataclass(frozen=True, slots=True)
class Wire:
    """One way of writing a stream.

    Args:
        media: its Content-Type. frame: what makes final wire bytes of a packet, the same for everybody.
        begin: what the body begins with. ping: what readers skip, but proxies see (b"": there is none).
        chunked: whether the response is in chunks.
    """

    media: str
    frame: Callable[[Packet], bytes]
    begin: bytes = b""
    ping: bytes = b""
    chunked: bool = True

    @property
    def end(self) -> bytes:
        """Return what ends the body."""
        return _LAST_CHUNK if self.chunked else b""

    def headers(self, greeting: Headers) -> Headers:
        """Return the response's headers, `greeting` being those for the page that asked."""
        return (
            ("Content-Type", self.media),
            ("Cache-Control", "private, no-cache, no-store, must-revalidate, max-age=0"),
            ("X-Accel-Buffering", "no"),
            *greeting,
        )

    def head(self, greeting: Headers, keep: bool = False) -> bytes:
        """Make the head of the response, with `greeting` for the page that asked.

        Args:
            keep: whether another request may follow; the response must be in chunks then.
        """
        lines = [
            "HTTP/1.1 200 OK",
            *(f"{name}: {value}" for name, value in self.headers(greeting)),
            *(("Transfer-Encoding: chunked",) if self.chunked else ()),
            *(() if keep else ("Connection: close",)),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


_EVENTS, _JSON = "text/event-stream; charset=utf-8", "application/json"
_SSE = Wire(_EVENTS, sse_frame, chunk(b"\r\n"), chunk(b":\n\n"))
_SSE_OF_OLD = Wire(_EVENTS, sse_event, b"\r\n", b":\n\n", chunked=False)
_LINES = Wire(_JSON, line_frame)
_LINES_OF_OLD = Wire(_JSON, line, chunked=False)
_OCTETS = Wire(OCTETS, octets_frame)
_OCTETS_OF_OLD = Wire(OCTETS, octets, chunked=False)


def wire_of(carrier: Carrier, media: str | None, http_version: str) -> Wire:
    """Return how a stream is written.

    Args:
        media: the media type that the request's dialect goes by (None: its door's first).
        http_version: of the request; before 1.1 there are no chunks.
    """
    old = http_version == "1.0"
    if carrier == "sse":
        return _SSE_OF_OLD if old else _SSE
    if media == OCTETS:
        return _OCTETS_OF_OLD if old else _OCTETS
    return _LINES_OF_OLD if old else _LINES
