"""The bytes that travel over Redis Pub/Sub and rest in a channel's stream, and back. Pure.

An entry, all numbers big-endian (`scripts/channel.lua` writes the same):

    0   1  kind, 1
    1   8  offset
    9   4  tag
    13  4  tag of the entry before
    17  8  time, milliseconds since 1970
    25  1  length of the epoch
    26  4  length of the payload
    30     epoch (ASCII), payload

An announcement: kind 2 (1 byte), length of the payload (4 bytes), payload. Both lengths must add up to the
frame's, so that what a foreign program publishes on our channels is known for what it is.
"""

from __future__ import annotations

import struct

from hubbub.brokers.contract import Entry

ENTRY = 1
ANNOUNCEMENT = 2

_ENTRY_HEAD = struct.Struct(">BQIIQBI")
_ANNOUNCEMENT_HEAD = struct.Struct(">BI")
_ENTRY_SIZE = _ENTRY_HEAD.size
_ANNOUNCEMENT_SIZE = _ANNOUNCEMENT_HEAD.size


class BrokenFrame(ValueError):
    """Report bytes that are no frame of ours: another program wrote them, or they were cut."""


def decode_entry(frame: bytes) -> Entry:
    """Return the entry in a frame.

    Raises BrokenFrame unless the frame is exactly one entry.
    """
    try:
        kind, offset, tag, previous, time, epoch_size, payload_size = _ENTRY_HEAD.unpack_from(frame)
        payload_at = _ENTRY_SIZE + epoch_size
        if kind != ENTRY or payload_at + payload_size != len(frame):
            raise BrokenFrame("the lengths in the frame do not add up")
        epoch = str(frame[_ENTRY_SIZE:payload_at], "ascii")
    except (struct.error, UnicodeDecodeError) as error:
        raise BrokenFrame("the frame is cut or its epoch is not ASCII") from error
    return Entry(epoch, offset, tag, previous, time, frame[payload_at:])


def encode_announcement(payload: bytes) -> bytes:
    """Return the frame of an announcement."""
    return _ANNOUNCEMENT_HEAD.pack(ANNOUNCEMENT, len(payload)) + payload


def decode_announcement(frame: bytes) -> bytes:
    """Return the payload of an announcement.

    Raises BrokenFrame unless the frame is exactly one announcement.
    """
    try:
        kind, size = _ANNOUNCEMENT_HEAD.unpack_from(frame)
    except struct.error as error:
        raise BrokenFrame("the frame is cut") from error
    if kind != ANNOUNCEMENT or _ANNOUNCEMENT_SIZE + size != len(frame):
        raise BrokenFrame("the lengths in the frame do not add up")
    return frame[_ANNOUNCEMENT_SIZE:]
