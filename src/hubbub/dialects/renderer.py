"""A renderer: what all subscribers of one variant of a protocol are shown, made once for all of them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from hubbub.dialects.replies import Emit
from hubbub.model import ChannelName, ClientInfo, Packets, Publication


class Pieces(NamedTuple):
    """A packet without one word of it: what stands before, between and behind the places of that word."""

    data: tuple[bytes, ...]
    binary: bool = False


class Template(Protocol):
    """Make what is common to the packets of variants that differ in one word alone. Keep no state."""

    def __hash__(self) -> int: ...

    def publication(self, channel: ChannelName, publication: Publication) -> Pieces:
        """Render one publication of a channel without the word."""
        ...


class Templated(NamedTuple):
    """What a variant is that has nothing of its own but a word."""

    template: Template
    word: bytes


class Renderer(Protocol):
    """Make the packets that all subscribers of one variant share. Keep no state."""

    @property
    def name(self) -> str:
        """Return what the variant is called."""
        ...

    @property
    def joins(self) -> bool:
        """Tell whether this variant's subscribers can be shown joins and leaves at all."""
        ...

    @property
    def deltas(self) -> Renderer | None:
        """Return the variant that shows a publication as the change of its `base`, if there is one."""
        ...

    @property
    def templated(self) -> Templated | None:
        """Return the template and the word that make the same of a publication, if it is made so."""
        ...

    def __hash__(self) -> int: ...

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render one publication of a channel."""
        ...

    def emitted(self, emit: Emit) -> Packets | None:
        """Render what the application says to single clients; None where they would not understand it."""
        ...

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody joined."""
        ...

    def left(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody left."""
        ...
