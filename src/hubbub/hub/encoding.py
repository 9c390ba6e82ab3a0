"""The key under which a publication's bytes are made once: renderer, frame, taste for joins, and filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import TypeAlias

import structlog
from msgspec.structs import replace

from hubbub.dialects.contract import Renderer
from hubbub.dialects.filters import TagFilter
from hubbub.hub.envelope import Joined, Left
from hubbub.model import ChannelName, Packet, Packets, Publication

_log = structlog.get_logger(__name__)

Event: TypeAlias = Publication | Joined | Left
Frame: TypeAlias = Callable[[Packet], bytes]
Choice: TypeAlias = tuple[bool, ...]
"""Which events of a turn are shown."""


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
    delta: bool = False
    """Whether publications are shown as changes of their predecessors."""

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

    @property
    def variants(self) -> tuple[Encoding, ...]:
        """Return the encodings among which those who have this one wander."""
        return (self,)

    def entry(self, knows_base: bool) -> Encoding:
        """Return the variant for a newcomer, who knows the last publication or not."""
        return self

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

    def part(self, turn: Turn, choice: Choice) -> bytes:
        """Return the bytes of those events of a turn that were chosen."""
        data = turn.parts.get((self, choice))
        if data is None:
            data = turn.parts[self, choice] = b"".join(compress(self.pieces(turn), choice))
        return data

    def _one_if_sound(self, channel: ChannelName, event: Event) -> bytes:
        try:
            return self._one(channel, event)
        except Exception as fault:  # noqa: BLE001 - it must not cost the others of its turn
            renderer = self._renderer.name
            _log.error("event cannot be shown", channel=channel, renderer=renderer, exc_info=fault)
            return b""

    def _one(self, channel: ChannelName, event: Event) -> bytes:
        if isinstance(event, Publication):
            return self._framed(self._renderer.publication(channel, event))
        if not self.joins:
            return b""
        if isinstance(event, Joined):
            return self._framed(self._renderer.joined(channel, event.info))
        return self._framed(self._renderer.left(channel, event.info))

    def _framed(self, packets: Packets) -> bytes:
        if isinstance(packets, list):
            return b"".join(map(self._frame, packets))
        return self._frame(packets)


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
        choice = turn.choices.get(id(self.filter))
        if choice is None:
            choice = turn.choices[id(self.filter)] = self._choice(turn)
        if all(choice):
            return self._whole.say(turn)
        if not any(choice):
            return b"", 0
        return self._whole.part(turn, choice), turn.publications - choice.count(False)

    def _choice(self, turn: Turn) -> Choice:
        matches = self.filter.matches
        return tuple(
            [type(event) is not Publication or matches(event.tags) for event in turn.events]
        )

    def shown(self, publications: list[Publication]) -> list[Publication]:
        """Return those publications that match."""
        return [each for each in publications if self.filter.matches(each.tags)]


class DeltaEncoding(Encoding):
    """Show each publication as the change of the one before, to those who were shown that one.

    Whoever was not has the variant `fresh`, which shows one publication in full; then its group joins this
    one. When a publication could not be shown, the group of this one becomes fresh again.
    """

    __slots__ = ("fresh",)

    delta: bool = True

    def __init__(self, renderer: Renderer, frame: Frame, joins: bool) -> None:
        super().__init__(renderer, frame, joins)
        self.fresh = FreshEncoding(self)

    @property
    def variants(self) -> tuple[Encoding, ...]:
        """Return this and the fresh variant."""
        return (self, self.fresh)

    def entry(self, knows_base: bool) -> Encoding:
        """Return this one for who knows the last publication."""
        return self if knows_base else self.fresh

    def say(self, turn: Turn) -> tuple[bytes, int]:
        """Return the bytes of a turn's events."""
        pieces = self.pieces(turn)
        if turn.publications and not turn.ends_shown(pieces):
            turn.moves.append((self, self.fresh))
        return b"".join(pieces), turn.publications

    def pieces(self, turn: Turn) -> list[bytes]:
        """Return the bytes of each event: what comes after something that could not be shown is in full."""
        pieces = turn.pieces.get(self)
        if pieces is None:
            pieces = turn.pieces[self] = []
            lost = False
            for event in turn.events:
                publication = type(event) is Publication
                piece = self._one_if_sound(turn.channel, in_full(event) if lost else event)
                lost = not piece if publication else lost
                pieces.append(piece)
        return pieces


class FreshEncoding(Encoding):
    """Show the first publication of a turn in full, and the others as changes."""

    __slots__ = ("_settled",)

    delta: bool = True

    def __init__(self, settled: DeltaEncoding) -> None:
        super().__init__(settled._renderer, settled._frame, settled.joins)
        self._settled = settled

    @property
    def variants(self) -> tuple[Encoding, ...]:
        """Return the settled variant and this."""
        return self._settled.variants

    def say(self, turn: Turn) -> tuple[bytes, int]:
        """Return the bytes of a turn's events."""
        first = next((n for n, event in enumerate(turn.events) if type(event) is Publication), -1)
        if turn.publications > 1:
            pieces = list(self._settled.pieces(turn))
            pieces[first] = self._one_if_sound(turn.channel, in_full(turn.events[first]))
        else:
            pieces = [self._one_if_sound(turn.channel, in_full(event)) for event in turn.events]
        if turn.publications and turn.ends_shown(pieces):
            turn.moves.append((self, self._settled))
        return b"".join(pieces), turn.publications


def in_full(event: Event) -> Event:
    """Return an event without its predecessor, so that it is shown as it is."""
    return replace(event, base=None) if type(event) is Publication else event


class Turn:
    """What one turn of the loop brought to a channel, and the bytes that were made of it so far.

    `moves` says which groups are to have another encoding afterwards.
    """

    __slots__ = (
        "channel",
        "choices",
        "events",
        "moves",
        "outlines",
        "parts",
        "pieces",
        "publications",
        "wholes",
    )

    def __init__(self, channel: ChannelName, events: Sequence[Event], publications: int) -> None:
        self.channel = channel
        self.events = events
        self.publications = publications
        self.moves: list[tuple[Encoding, Encoding]] = []
        self.wholes: dict[Encoding, bytes] = {}
        self.pieces: dict[Encoding, list[bytes]] = {}
        self.parts: dict[tuple[Encoding, Choice], bytes] = {}
        self.choices: dict[int, Choice] = {}
        """By the identity of a filter; those that are alike are one (`Encodings`)."""
        self.outlines: dict[object, list[bytes]] = {}

    def ends_shown(self, pieces: list[bytes]) -> bool:
        """Tell whether the last publication was shown by its piece."""
        both = zip(reversed(self.events), reversed(pieces), strict=True)
        return next((bool(piece) for event, piece in both if type(event) is Publication), False)
