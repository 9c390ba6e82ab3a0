"""How frames of SockJS are written into a response: a packet is one or several of them, as lines.

The same packet goes to many, one after the other, so that the last few forms are remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from hubbub.framings.sockjs import frames
from hubbub.model import Packet
from hubbub.sessions.contract import Carrier
from hubbub.transports.streams.wires import Wire, chunk

REMEMBERED = 16
"""Forms that are remembered for each kind of response."""

_SCRIPT = "application/javascript; charset=UTF-8"
_EVENTS = "text/event-stream; charset=UTF-8"
_PAGE = "text/html; charset=UTF-8"


def _one(lines: bytes) -> bytes:
    return frames.merged(lines) + b"\n"


def _as_they_are(lines: bytes) -> bytes:
    return lines


def _whole(form: Callable[[bytes], bytes], packet: Packet) -> bytes:
    return form(packet.data)


def _chunked(form: Callable[[bytes], bytes], packet: Packet) -> bytes:
    return chunk(form(packet.data))


def _both(media: str, form: Callable[[bytes], bytes], begin: bytes = b"") -> tuple[Wire, Wire]:
    """Return how it is written in chunks, and how before HTTP/1.1."""
    chunked = lru_cache(REMEMBERED)(partial(_chunked, form))
    whole = lru_cache(REMEMBERED)(partial(_whole, form))
    return Wire(media, chunked, chunk(begin)), Wire(media, whole, begin, chunked=False)


_SHARED: dict[Carrier, tuple[Wire, Wire]] = {
    "xhr": _both(_SCRIPT, _one),
    "xhr_streaming": _both(_SCRIPT, _as_they_are, frames.PRELUDE),
    "eventsource": _both(_EVENTS, frames.events, b"\r\n"),
    "htmlfile": _both(_PAGE, frames.scripts),
}


def wire(carrier: Carrier, http_version: str, callback: str) -> Wire:
    """Return how a response is written.

    Args:
        http_version: of the request; before 1.1 there are no chunks.
        callback: the name of what takes frames in the page (`jsonp`), or in the page around (`htmlfile`).
    """
    old = http_version == "1.0"
    if carrier == "jsonp":
        form = partial(_whole if old else _chunked, partial(frames.call, callback))
        return Wire(_SCRIPT, form, chunked=not old)
    made = _SHARED[carrier][old]
    if carrier == "htmlfile":
        begin = frames.document(callback)
        return Wire(made.media, made.frame, begin if old else chunk(begin), chunked=not old)
    return made
