"""A position as one word, for query strings and envelopes: `<epoch>.<offset>.<tag>`."""

from __future__ import annotations

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.model import Position

_MAX_OFFSET = 2**63 - 1
_MAX_TAG = 2**32 - 1
_MAX_EPOCH = 64


def format_position(position: Position) -> str:
    """Return the word that `parse_position` takes back."""
    return f"{position.epoch}.{position.offset}.{position.tag}"


def parse_position(word: str) -> Position:
    """Read a position; the tag may be left out (`<epoch>.<offset>`), which leaves a fork unseen.

    Raises Refused (107) with a sentence that says how a position is written.
    """
    epoch, _, rest = word.partition(".")
    digits, second, tag_digits = rest.partition(".")
    offset = _number(digits, _MAX_OFFSET)
    tag = _number(tag_digits, _MAX_TAG) if second else 0
    if not epoch or len(epoch) > _MAX_EPOCH or offset is None or tag is None:
        raise Refused(
            BAD_REQUEST_ERROR,
            f"{word[:80]!r} is no position: write <epoch>.<offset>.<tag> as the server gave it",
        )
    return Position(epoch, offset, tag)


def _number(digits: str, largest: int) -> int | None:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
        return None
    value = int(digits)
    return value if value <= largest else None
