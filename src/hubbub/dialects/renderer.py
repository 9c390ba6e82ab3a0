"""A renderer: what all subscribers of one variant of a protocol are shown, made once for all of them."""

from __future__ import annotations

from typing import Protocol

from hubbub.dialects.replies import Emit
from hubbub.model import ChannelName, ClientInfo, Packets, Publication


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
