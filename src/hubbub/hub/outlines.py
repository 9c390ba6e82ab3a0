"""Encodings that differ in one word: what is between the places of the word is made once for all of them.

Where each subscriber has a word of its own, its bytes are then one `join`: no packet, no header and no
compression of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import compress
from typing import TypeAlias

import structlog

from hubbub.dialects.contract import Pieces, Renderer, Template
from hubbub.hub.encoding import Choice, Encoding, Event, Frame, Turn
from hubbub.model import ChannelName, Publication

_log = structlog.get_logger(__name__)

Cut: TypeAlias = Callable[[Pieces, int], list[bytes]]
"""Put a frame around pieces, between which a word of so many bytes will stand; their number stays."""


class Outline:
    """Know what publications look like to all whose words are equally long.

    Args:
        template: what makes the pieces. cut: what puts the frame around them. size: bytes of the word.
    """

    __slots__ = ("__weakref__", "_cut", "_size", "_template")

    def __init__(self, template: Template, cut: Cut, size: int) -> None:
        self._template = template
        self._cut = cut
        self._size = size

    def of(self, channel: ChannelName, events: Iterable[Event]) -> list[bytes]:
        """Return the pieces of all publications among events, those of one joined to the next one's."""
        made = [b""]
        for event in events:
            if isinstance(event, Publication):
                first, *others = self._one(channel, event)
                made[-1] += first
                made += others
        return made

    def _one(self, channel: ChannelName, publication: Publication) -> list[bytes]:
        try:
            return self._cut(self._template.publication(channel, publication), self._size)
        except Exception as fault:  # noqa: BLE001 - it must not cost the others of its turn
            _log.error("event cannot be shown", channel=channel, exc_info=fault)
            return [b""]


class OutlinedEncoding(Encoding):
    """Show publications as an outline with a word put in; joins and leaves are not shown.

    Args:
        renderer, frame: what makes the same of one event. outline: what is shared. word: what is not.
    """

    __slots__ = ("_outline", "_word")

    def __init__(self, renderer: Renderer, frame: Frame, outline: Outline, word: bytes) -> None:
        super().__init__(renderer, frame, joins=False)
        self._outline = outline
        self._word = word

    def say(self, turn: Turn) -> tuple[bytes, int]:
        """Return the bytes of a turn's publications, and how many they are."""
        outline = self._outline
        pieces = turn.outlines.get(outline)
        if pieces is None:
            pieces = turn.outlines[outline] = outline.of(turn.channel, turn.events)
        return self._word.join(pieces), turn.publications

    def part(self, turn: Turn, choice: Choice) -> bytes:
        """Return the bytes of those publications of a turn that were chosen."""
        key = (self._outline, choice)
        pieces = turn.outlines.get(key)
        if pieces is None:
            chosen = compress(turn.events, choice)
            pieces = turn.outlines[key] = self._outline.of(turn.channel, chosen)
        return self._word.join(pieces)
