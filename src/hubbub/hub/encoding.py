"""The key under which a publication's bytes are made once: renderer, frame, taste for joins, and filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import TypeAlias
from weakref import WeakValueDictionary

import structlog

from hubbub.dialects.contract import Renderer
from hubbub.dialects.filters import TagFilter
from hubbub.hub.envelope import Joined, Left
from hubbub.model import ChannelName, Packet, Publication

_log = structlog.get_logger(__name__)

Event: TypeAlias = Publication | Joined | Left
Frame: TypeAlias = Callable[[Packet], bytes]


class Encoding:
    """Turn events of a channel into final wire bytes, the same for everybody who shares this object.

    Args:
        renderer: the dialect's variant.
        frame: the transport's and framing's wrapping of one packet.
        joins: whether joins and leaves are shown; without, they become no bytes.
    """

    __slots__ = ("__weakref__", "_frame", "_renderer", "joins")

    filter: TagFilter | None = None
    """What publications must have to be shown."""

    def __init__(self, renderer: Renderer, frame: Frame, joins: bool) -> None:
        self._renderer = renderer
        self._frame = frame
        self.joins = joins and renderer.joins

    def say(self, turn: Turn) -> tuple[bytes, int]:
        """Return the bytes of a turn's events, in order, as one object, and how many publications they show.

        What cannot be shown is left out.
        """
        data = turn.wholes.get(self)
        if data is None:
            data = turn.wholes[self] = self.render(turn.channel, turn.events)
        return data, turn.publications

    def render(self, channel: ChannelName, events: Sequence[Event]) -> bytes:
        """Return the bytes of all `events`, in order, as one object; what cannot be shown is left out."""
        try:
            if len(events) == 1:
                return self._one(channel, events[0])
            return b"".join([self._one(channel, event) for event in events])
        except Exception:  # noqa: BLE001 - whatever it was, it is the fault of one event
            return b"".join([self._one_if_sound(channel, event) for event in events])

    def shown(self, publications: list[Publication]) -> list[Publication]:
        """Return those publications that are to be shown."""
        return publications

    def pieces(self, turn: Turn) -> list[bytes]:
        """Return the bytes of each event of a turn; they are made once."""
        pieces = turn.pieces.get(self)
        if pieces is None:
            pieces = [self._one_if_sound(turn.channel, event) for event in turn.events]
            turn.pieces[self] = pieces
        return pieces

    def _one_if_sound(self, channel: ChannelName, event: Event) -> bytes:
        try:
            return self._one(channel, event)
        except Exception as fault:  # noqa: BLE001 - it must not cost the others of its turn
            renderer = self._renderer.name
            _log.error("event cannot be shown", channel=channel, renderer=renderer, exc_info=fault)
            return b""

    def _one(self, channel: ChannelName, event: Event) -> bytes:
        if isinstance(event, Publication):
            return self._frame(self._renderer.publication(channel, event))
        if not self.joins:
            return b""
        if isinstance(event, Joined):
            return self._frame(self._renderer.joined(channel, event.info))
        return self._frame(self._renderer.left(channel, event.info))


class FilteredEncoding(Encoding):
    """Show the publications that match a filter, in the bytes that `whole` has for them."""

    __slots__ = ("_whole", "filter")

    filter: TagFilter

    def __init__(self, whole: Encoding, filter: TagFilter) -> None:
        super().__init__(whole._renderer, whole._frame, whole.joins)
        self._whole = whole
        self.filter = filter

    def say(self, turn: Turn) -> tuple[bytes, int]:
        """Return the bytes of what matches; joins and leaves always do."""
        matches = self.filter.matches
        choice = tuple(
            [type(event) is not Publication or matches(event.tags) for event in turn.events]
        )
        if all(choice):
            return self._whole.say(turn)
        data = turn.parts.get((self._whole, choice))
        if data is None:
            data = b"".join(compress(self._whole.pieces(turn), choice)) if any(choice) else b""
            turn.parts[self._whole, choice] = data
        return data, turn.publications - choice.count(False)

    def shown(self, publications: list[Publication]) -> list[Publication]:
        """Return those publications that match."""
        return [each for each in publications if self.filter.matches(each.tags)]


class Turn:
    """What one turn of the loop brought to a channel, and the bytes that were made of it so far."""

    __slots__ = ("channel", "events", "parts", "pieces", "publications", "wholes")

    def __init__(self, channel: ChannelName, events: Sequence[Event], publications: int) -> None:
        self.channel = channel
        self.events = events
        self.publications = publications
        self.wholes: dict[Encoding, bytes] = {}
        self.pieces: dict[Encoding, list[bytes]] = {}
        self.parts: dict[tuple[Encoding, tuple[bool, ...]], bytes] = {}


class Encodings:
    """Hand out the one shared Encoding of each combination, for as long as somebody has it."""

    __slots__ = ("_shared",)

    def __init__(self) -> None:
        self._shared: WeakValueDictionary[
            tuple[Renderer, Frame, bool, TagFilter | None], Encoding
        ] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._shared)

    def of(
        self, renderer: Renderer, frame: Frame, joins: bool, filter: TagFilter | None = None
    ) -> Encoding:
        """Return the shared encoding of a renderer, a frame, a taste for joins, and a filter."""
        key = (renderer, frame, joins, filter)
        encoding = self._shared.get(key)
        if encoding is None:
            if filter is None:
                encoding = Encoding(renderer, frame, joins)
            else:
                encoding = FilteredEncoding(self.of(renderer, frame, joins), filter)
            self._shared[key] = encoding
        return encoding
