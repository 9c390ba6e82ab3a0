"""Messages that follow each other, each after its length as a varint (7 bits a byte, the lowest first)."""

from __future__ import annotations

from collections.abc import Iterator

from hubbub.errors import BAD_REQUEST, ProtocolViolation

_LENGTH_BITS = 32
_SHORT = [bytes([value]) for value in range(0x80)]


def varint(value: int) -> bytes:
    """Return a number as it is written; it is not negative."""
    if value < 0x80:
        return _SHORT[value]
    digits = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def delimited(message: bytes) -> bytes:
    """Return a message after its length."""
    return varint(len(message)) + message


def messages(data: bytes) -> Iterator[bytes]:
    """Iterate the messages of a frame.

    Raises ProtocolViolation (3501) for a length that is cut off, too large to be one, or leads too far.
    """
    at, end = 0, len(data)
    while at < end:
        size = shift = 0
        while True:
            if at >= end or shift >= _LENGTH_BITS:
                raise ProtocolViolation(BAD_REQUEST, "the length of a message is no length")
            digit = data[at]
            at += 1
            size |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                break
        if size > end - at:
            raise ProtocolViolation(BAD_REQUEST, "a message is longer than its frame")
        yield data[at : at + size]
        at += size
