"""Frames around packets in pieces: what is shared by all whose words are as long, compressed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final

from hubbub.dialects.contract import Pieces
from hubbub.model import Packet
from hubbub.transports.websocket.deflate import WORTH_COMPRESSING, deflate
from hubbub.transports.websocket.frames import BINARY, TEXT, deflated_frame, head, plain_frame

STORED_LIMIT = 0xFFFF
"""Bytes of a block of deflate that is not compressed (RFC 1951, section 3.2.4)."""

_STORED = Struct("<BHH")


def plain_cut(pieces: Pieces, size: int) -> list[bytes]:
    """Do what `plain_frame` does to a packet in pieces."""
    first, *others = pieces.data
    opcode = BINARY if pieces.binary else TEXT
    return [head(opcode, _length(pieces.data, size)) + first, *others]


def deflated_cut(pieces: Pieces, size: int) -> list[bytes]:
    """Make a frame of which only what stands behind the last word is compressed.

    What stands before is a block that is stored as it is, so that the word may be any.
    """
    *before, last = pieces.data
    stored, whole = _length((*before, b""), size), _length(pieces.data, size)
    if not before or whole < WORTH_COMPRESSING or stored > STORED_LIMIT:
        return plain_cut(pieces, size)
    compressed = deflate(last)
    length = _STORED.size + stored + len(compressed)
    if length >= whole:
        return plain_cut(pieces, size)
    opcode = BINARY if pieces.binary else TEXT
    block = _STORED.pack(0, stored, stored ^ STORED_LIMIT)
    return [
        head(opcode, length, compressed=True) + block + before[0],
        *before[1:],
        compressed,
    ]


def _length(pieces: tuple[bytes, ...], size: int) -> int:
    """Return the bytes of pieces with a word of `size` bytes between each two."""
    return sum(map(len, pieces)) + size * (len(pieces) - 1)


CUTS: Final[Mapping[Callable[[Packet], bytes], Callable[[Pieces, int], list[bytes]]]] = {
    plain_frame: plain_cut,
    deflated_frame: deflated_cut,
}
"""By the frame of whole packets."""
