"""The key under which a publication's bytes are made once: a renderer, a frame, and a taste for joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import structlog

from hubbub.dialects.contract import Renderer
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

    __slots__ = ("_frame", "_renderer", "joins")

    def __init__(self, renderer: Renderer, frame: Frame, joins: bool) -> None:
        self._renderer = renderer
        self._frame = frame
        self.joins = joins and renderer.joins

    def render(self, channel: ChannelName, events: Sequence[Event]) -> bytes:
        """Return the bytes of all `events`, in order, as one object; what cannot be shown is left out."""
        try:
            if len(events) == 1:
                return self._one(channel, events[0])
            return b"".join([self._one(channel, event) for event in events])
        except Exception:  # noqa: BLE001 - whatever it was, it is the fault of one event
            return b"".join([self._one_if_sound(channel, event) for event in events])

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


class Encodings:
    """Hand out the one shared Encoding of each combination."""

    __slots__ = ("_shared",)

    def __init__(self) -> None:
        self._shared: dict[tuple[Renderer, Frame, bool], Encoding] = {}

    def of(self, renderer: Renderer, frame: Frame, joins: bool) -> Encoding:
        """Return the shared encoding of a renderer, a frame and a taste for joins."""
        key = (renderer, frame, joins)
        encoding = self._shared.get(key)
        if encoding is None:
            encoding = self._shared[key] = Encoding(renderer, frame, joins)
        return encoding
