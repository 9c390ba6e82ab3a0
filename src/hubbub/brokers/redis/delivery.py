"""From frames to the receiver: what the feed heard, decoded and handed over at once."""

from __future__ import annotations

from collections.abc import Callable

from structlog import get_logger

from hubbub.brokers.contract import Receiver
from hubbub.brokers.redis.frames import ENTRY, BrokenFrame, decode_announcement, decode_entry
from hubbub.model import ChannelName

log = get_logger()


class Delivery:
    """Hand frames to the hub's receiver, and to the engine its probe and the news of a return."""

    __slots__ = ("_broken", "_on_probe", "_receiver", "on_restored")

    def __init__(
        self, receiver: Receiver, on_probe: Callable[[bytes], None], on_restored: Callable[[], None]
    ) -> None:
        self._broken = 0
        self._on_probe = on_probe
        self._receiver = receiver
        self.on_restored = on_restored

    def deliver(self, channel: ChannelName, frame: bytes) -> None:
        """Decode a frame and hand it over; what is no frame of ours is skipped."""
        try:
            if frame and frame[0] == ENTRY:
                self._receiver.on_entry(channel, decode_entry(frame))
            else:
                self._receiver.on_announcement(channel, decode_announcement(frame))
        except BrokenFrame:
            self._note_broken(channel, len(frame))
        except Exception:
            # The contract forbids this; the other channels must not suffer for it.
            log.exception("receiver failed on a frame", channel=channel)

    def take_probe(self, frame: bytes) -> None:
        """Hand this node's probe to the engine."""
        try:
            payload = decode_entry(frame).payload
        except BrokenFrame:
            self._note_broken("", len(frame))
            return
        self._on_probe(payload)

    def _note_broken(self, channel: ChannelName, size: int) -> None:
        self._broken += 1
        if self._broken == 1:
            log.warning(
                "foreign message on a redis channel of ours skipped, further ones silently",
                channel=channel,
                size=size,
            )
