"""Where in a channel a message is, as its `message-id`, and what a client acknowledges it by.

    message-id   <channel>@<offset>.<tag>
    ack          <offset>.<tag>@<subscription>

The epoch is left out, because the tag tells another life of the channel. An ephemeral message has the place
of what came before it, and its time: `room@7.77.1764000000000`. So a client goes on from the last that it was
shown, whatever that was; nobody can acknowledge it. Where nothing is kept the place is 0: `room@0.1764...`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hubbub.dialects.positions import parse_position
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.model import ChannelName, Position, Publication

_PLACE = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})(\.[0-9]{1,19})?")
_OFFSET_LIMIT = 2**63 - 1
_TAG_LIMIT = 2**32 - 1


class Acked(NamedTuple):
    """What a client names: a message, or the place `behind` which an ephemeral one came."""

    offset: int
    tag: int
    behind: bool = False

    @property
    def is_kept(self) -> bool:
        """Tell whether it is a message that the channel keeps."""
        return self.offset > 0 and not self.behind


def place(publication: Publication) -> str:
    """Return where in its channel a publication is."""
    offset = publication.offset
    return f"{offset}.{publication.tag if offset else publication.time}"


def named(channel: ChannelName, publication: Publication) -> str:
    """Return what names a publication of a channel."""
    behind = publication.behind
    if publication.offset or behind is None:
        return f"{channel}@{place(publication)}"
    return f"{message_id(channel, behind)}.{publication.time}"


def message_id(channel: ChannelName, position: Position) -> str:
    """Return what names the message at a position."""
    return f"{channel}@{position.offset}.{position.tag}"


def read(word: str) -> Acked | None:
    """Return the place that a word names; None for what is none."""
    match = _PLACE.fullmatch(word)
    return Acked(int(match[1]), int(match[2]), match[3] is not None) if match else None


def since(channel: ChannelName, word: str) -> Position:
    """Return the position that a client goes on from: the id of a message, or a position in full.

    Raises Refused (107) for what is neither, or for the id of another channel's message.
    """
    name, at, rest = word.rpartition("@")
    if not at:
        return parse_position(word)
    found = read(rest)
    if found is None or not (found.offset or found.behind) or not _is_possible(found):
        raise Refused(BAD_REQUEST_ERROR, f"{word[:80]!r} is the id of no message that is kept")
    if name != channel:
        raise Refused(BAD_REQUEST_ERROR, f"{word[:80]!r} is the id of another channel's message")
    return Position("", found.offset, found.tag)


def _is_possible(found: Acked) -> bool:
    return found.offset <= _OFFSET_LIMIT and found.tag <= _TAG_LIMIT
