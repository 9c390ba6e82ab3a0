"""Compression of whole messages: permessage-deflate (RFC 7692), negotiated so that nothing is kept.

Both sides are always told to forget their window after each message. So a connection holds no zlib
state, and one compressed frame serves every subscriber.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from hubbub.errors import INVALID_TEXT, TOO_BIG, ProtocolViolation

EXTENSION = "permessage-deflate"
LEVEL = 1
"""Higher levels cost several times as much for a few per cent (6 us against 35 us for 14 KB)."""

WORTH_COMPRESSING = 512
"""Bytes below which a message goes plain: there is little to win, and every client reads plain frames."""

_TAIL = b"\x00\x00\xff\xff"
_WINDOW_BITS = 15
_FLAGS = frozenset({"server_no_context_takeover", "client_no_context_takeover"})
_WINDOWS = frozenset({"server_max_window_bits", "client_max_window_bits"})
_SIZES = frozenset(str(bits) for bits in range(8, _WINDOW_BITS + 1))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was negotiated: the header's `answer`, and whether our own messages may be compressed.

    A client with a smaller window than ours may send compressed messages and gets plain ones, which
    are legal at any time; compressing for its window alone would need frames of its own.
    """

    answer: str
    compresses: bool


def negotiate(offers: str) -> Agreement | None:
    """Choose among the offers of a `Sec-WebSocket-Extensions` header (RFC 7692 section 7.1).

    The first offer under which we may compress wins, then the first that is valid; None if there is none.
    """
    chosen: Agreement | None = None
    for offer in offers.split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name.lower() != EXTENSION:
            continue
        agreement = _agree(parameters)
        if agreement is not None and (chosen is None or agreement.compresses > chosen.compresses):
            chosen = agreement
    return chosen


def _agree(parameters: list[str]) -> Agreement | None:
    """Return the answer to one offer, or None where a parameter is unknown, wrong or given twice."""
    seen: dict[str, str] = {}
    for parameter in parameters:
        name, equals, value = (part.strip() for part in parameter.partition("="))
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if name in seen or not _is_valid(name, bool(equals), value):
            return None
        seen[name] = value
    answer = f"{EXTENSION}; server_no_context_takeover; client_no_context_takeover"
    window = seen.get("server_max_window_bits")
    if window is not None:
        answer += f"; server_max_window_bits={window}"
    return Agreement(answer, compresses=window in {None, str(_WINDOW_BITS)})


def _is_valid(name: str, has_value: bool, value: str) -> bool:
    if name in _FLAGS:
        return not has_value
    if name == "client_max_window_bits" and not has_value:
        return True
    return name in _WINDOWS and value in _SIZES


def deflate(data: bytes) -> bytes:
    """Compress one message, without the tail that the receiver puts back (RFC 7692 section 7.2.1)."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -_WINDOW_BITS)
    compressed = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return compressed[: -len(_TAIL)]


def inflate(data: bytes, limit: int) -> bytes:
    """Decompress one message (RFC 7692 section 7.2.2).

    Raises ProtocolViolation 1009 where it would exceed `limit` bytes, without making them all, and 1007
    where it is no deflate data.
    """
    decompressor = zlib.decompressobj(-_WINDOW_BITS)
    try:
        message = decompressor.decompress(data + _TAIL, limit + 1)
    except zlib.error as error:
        raise ProtocolViolation(INVALID_TEXT, f"a compressed message is damaged: {error}") from None
    if len(message) > limit:
        raise ProtocolViolation(
            TOO_BIG, f"a compressed message inflates to more than {limit} bytes"
        )
    if decompressor.eof and decompressor.unused_data not in {_TAIL, b"\x00" + _TAIL}:
        # Only the empty block that section 7.2.3.4 puts behind a final one. A chain of many final blocks is
        # legal deflate, but reading it takes time that grows with the square of their number.
        raise ProtocolViolation(INVALID_TEXT, "a compressed message goes on behind its final block")
    return message
