r"""Fossil deltas: how one payload is made from another, as Centrifuge SDKs apply it.

A delta is the target's size and a newline, then commands that make the target from left to right, and the
target's checksum (https://fossil-scm.org/home/doc/tip/www/delta_format.wiki)::

    <size>\n   <count>@<offset>,   <count>:<bytes>   <checksum>;
               copy of the base    as given

Copies begin and end between characters, so that a delta of two texts is a text, which the JSON coding needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from struct import iter_unpack
from typing import TypeAlias

SIZE_LIMIT = 64 * 1024
"""Bytes of a base or target beyond which no delta is made: it would keep everybody waiting."""
SEARCH_LIMIT = 4096
"""Places of a target that are looked at before the rest of it is given as it is; a copy counts like 16."""

_BLOCK = 16
"""Bytes that are looked up at once; what is the same and shorter may go unseen."""
_STRIDE = 64
_WORTH = 12
"""A copy costs up to 11 bytes, with what it cuts apart."""
_DIGIT = [
    bytes([digit]) for digit in b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
]
_LANES = int.from_bytes(b"\0\0\0\0\xff\xff\xff\xff" * 512)

Copy: TypeAlias = tuple[int, int, int]
"""Where it goes in the target, whence it comes in the base, and how many bytes it has."""


def create_delta(base: bytes, target: bytes) -> bytes | None:
    """Return a delta that makes `target` of `base`, or None where none is shorter than `target` itself."""
    size = len(target)
    if not _WORTH < size <= SIZE_LIMIT or len(base) > SIZE_LIMIT:
        return None
    delta = [_number(size), b"\n"]
    done = 0
    for copy in _copies(base, target):
        at, source, count = _between_characters(target, copy)
        if at > done:
            delta += (_number(at - done), b":", target[done:at])
        delta += (_number(count), b"@", _number(source), b",")
        done = at + count
    if size > done:
        delta += (_number(size - done), b":", target[done:])
    delta += (_number(_checksum(target)), b";")
    patch = b"".join(delta)
    return patch if len(patch) < size else None


def _copies(base: bytes, target: bytes) -> Iterator[Copy]:
    """Find what the two have in common: their beginning, what is somewhere in between, and their end."""
    size = len(target)
    shorter = min(size, len(base))
    head = _same_after(base, 0, target, 0, shorter)
    tail = _same_before(base, len(base), target, size, shorter - head)
    if head < _WORTH:
        head = 0
    else:
        yield 0, 0, head
    if tail < _WORTH:
        tail = 0
    if size - head - tail >= _BLOCK:
        yield from _search(base, target, head, size - tail)
    if tail:
        yield size - tail, len(base) - tail, tail


def _search(base: bytes, target: bytes, start: int, end: int) -> Iterator[Copy]:
    """Find blocks of the base in `target[start:end]`, and what is the same before and after them."""
    known = _blocks(base)
    tries = SEARCH_LIMIT
    while tries > 0:
        last = min(end - _BLOCK, start + tries)
        at = next((n for n in range(start, last + 1) if target[n : n + _BLOCK] in known), -1)
        if at < 0:
            return
        tries -= at - start + _BLOCK
        source = known[target[at : at + _BLOCK]]
        before = _same_before(base, source, target, at, min(source, at - start))
        after = _same_after(base, source, target, at, min(len(base) - source, end - at))
        yield at - before, source - before, before + after
        start = at + after


def _blocks(base: bytes) -> dict[bytes, int]:
    """Return the blocks of a base and where each is first."""
    whole = len(base) // _BLOCK * _BLOCK
    blocks = list(chain.from_iterable(iter_unpack(f"{_BLOCK}s", base[:whole])))
    return dict(zip(reversed(blocks), range(whole - _BLOCK, -1, -_BLOCK), strict=True))


def _same_after(a: bytes, i: int, b: bytes, j: int, most: int) -> int:
    """Return how many bytes, `most` at most, are the same in `a` from `i` on and in `b` from `j` on."""
    same, step, growing = 0, _STRIDE, True
    while same < most:
        step = min(step, most - same)
        here, there = a[i + same : i + same + step], b[j + same : j + same + step]
        if here == there:
            same += step
        elif step > _STRIDE:
            growing = False
        else:
            differing = int.from_bytes(here) ^ int.from_bytes(there)
            return same + step - (differing.bit_length() + 7) // 8
        step = step * 2 if growing else max(step // 2, _STRIDE)
    return same


def _same_before(a: bytes, i: int, b: bytes, j: int, most: int) -> int:
    """Return how many bytes, `most` at most, are the same in `a` before `i` and in `b` before `j`."""
    same, step, growing = 0, _STRIDE, True
    while same < most:
        step = min(step, most - same)
        here, there = a[i - same - step : i - same], b[j - same - step : j - same]
        if here == there:
            same += step
        elif step > _STRIDE:
            growing = False
        else:
            differing = int.from_bytes(here, "little") ^ int.from_bytes(there, "little")
            return same + step - (differing.bit_length() + 7) // 8
        step = step * 2 if growing else max(step // 2, _STRIDE)
    return same


def _between_characters(target: bytes, copy: Copy) -> Copy:
    """Return a copy without parts of UTF-8 characters at its ends; of other bytes it loses three at most."""
    at, source, count = copy
    for _ in range(3):
        if at and target[at] & 0xC0 == 0x80:
            at, source, count = at + 1, source + 1, count - 1
    for _ in range(3):
        if at + count < len(target) and target[at + count] & 0xC0 == 0x80:
            count -= 1
    return at, source, count


def _checksum(data: bytes) -> int:
    """Return the sum of the big-endian 32-bit words of zero-padded `data`, modulo 2**32."""
    data += bytes(-len(data) % 4)
    lanes = 0
    # Every second word in a lane of 64 bits: whole blocks are added by one addition each, without a carry.
    for at in range(0, len(data), 4096):
        words = int.from_bytes(data[at : at + 4096])
        lanes += (words & _LANES) + (words >> 32 & _LANES)
    # A number modulo 2**64 - 1 is the sum of its lanes.
    return lanes % (2**64 - 1) & 0xFFFFFFFF


def _number(value: int) -> bytes:
    digits = _DIGIT[value & 63]
    while value := value >> 6:
        digits = _DIGIT[value & 63] + digits
    return digits
