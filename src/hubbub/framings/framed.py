"""A dialect within an envelope: what all framings that have one share."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from msgspec import structs

from hubbub.dialects.contract import (
    Command,
    Dialect,
    Emit,
    Opened,
    Push,
    Renderer,
    Reply,
    reframed,
)
from hubbub.errors import Close
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Packets, Publication

Wrap: TypeAlias = Callable[[Packet], Packet]
"""Put a dialect's packet into the envelope."""


@dataclass(frozen=True, slots=True)
class FramedRenderer:
    """Put what another renderer makes into envelopes.

    Where those hold text only, a publication that would be bytes is shown as a text of base64.
    """

    inner: Renderer
    wrap: Wrap
    textual: bool = False

    @property
    def name(self) -> str:
        """Return what the variant is called: as without the framing."""
        return self.inner.name

    @property
    def joins(self) -> bool:
        """Return whether joins can be shown."""
        return self.inner.joins

    @property
    def deltas(self) -> None:
        """Return no variant of changes: whole messages are what an envelope is around."""
        return

    @property
    def templated(self) -> None:
        """Return no template, for the same reason."""
        return

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render one publication of a channel."""
        shown = self.inner.publication(channel, publication)
        if self.textual and publication.kind is Kind.BINARY and _is_binary(shown):
            text = b2a_base64(publication.data, newline=False)
            as_text = structs.replace(publication, data=text, kind=Kind.TEXT)
            shown = self.inner.publication(channel, as_text)
        return wrapped(self.wrap, shown)

    def emitted(self, emit: Emit) -> Packets | None:
        """Render what the application says."""
        said = self.inner.emitted(emit)
        return None if said is None else wrapped(self.wrap, said)

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody joined."""
        return wrapped(self.wrap, self.inner.joined(channel, info))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody left."""
        return wrapped(self.wrap, self.inner.left(channel, info))


@lru_cache(maxsize=1024)
def framed(inner: Renderer, wrap: Wrap, textual: bool) -> FramedRenderer:
    """Return what frames a renderer; those of equal renderers are equal."""
    return FramedRenderer(inner, wrap, textual)


def wrapped(wrap: Wrap, packets: Packets) -> Packets:
    """Return each packet in its envelope."""
    return [wrap(packet) for packet in packets] if isinstance(packets, list) else wrap(packets)


def _is_binary(packets: Packets) -> bool:
    several = packets if isinstance(packets, list) else [packets]
    return any(packet.binary for packet in several)


class Framed:
    """Hold a dialect; the words of its envelope are left to who inherits.

    Args:
        dialect: what is spoken. wrap: what puts its packets into the envelope.
        textual: whether that holds text only.
    """

    __slots__ = ("_dialect", "_textual", "_wrap")

    def __init__(self, dialect: Dialect, wrap: Wrap, textual: bool = False) -> None:
        self._dialect = dialect
        self._wrap = wrap
        self._textual = textual

    @property
    def renderer(self) -> Renderer:
        """Return what frames the dialect's variant."""
        return self._frame(self._dialect.renderer)

    @property
    def replays(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.replays

    @property
    def acknowledges(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.acknowledges

    @property
    def ends_on_resync(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.ends_on_resync

    @property
    def says_farewell(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.says_farewell

    @property
    def asks_at_first(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.asks_at_first

    def open(self) -> Sequence[Command]:
        """Ask for a greeting, which comes before anything else."""
        return (Opened(), *self._dialect.open())

    def heard(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of a packet without its envelope. Raises what the dialect does."""
        return [reframed(command, self._frame) for command in self._dialect.receive(packet)]

    def _frame(self, inner: Renderer) -> FramedRenderer:
        return framed(inner, self._wrap, self._textual)

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Render what the dialect answers."""
        answer = self._dialect.reply(command, reply)
        return None if answer is None else wrapped(self._wrap, answer)

    def push(self, push: Push) -> Packets | Close | None:
        """Render what the dialect says."""
        said = self._dialect.push(push)
        return said if said is None or isinstance(said, Close) else wrapped(self._wrap, said)

    def farewell(self, close: Close) -> Packets | None:
        """Render the dialect's farewell."""
        farewell = self._dialect.farewell(close)
        return None if farewell is None else wrapped(self._wrap, farewell)
