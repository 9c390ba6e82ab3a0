"""What comes for channels that this node does not follow yet: internal ones, and those of patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hubbub.brokers.contract import Entry, Receiver
from hubbub.hub.delivery import Delivery
from hubbub.hub.envelope import UnreadableEnvelope, open_announcement, open_entry
from hubbub.hub.following import Following
from hubbub.model import ChannelName, Publication


class Strays:
    """Find out whose a message is.

    Args:
        following: where channels are adopted of which a pattern brings an entry.
        delivery: what they go through.
    """

    __slots__ = ("_delivery", "_following", "_internal")

    def __init__(self, following: Following, delivery: Delivery) -> None:
        self._following = following
        self._delivery = delivery
        self._internal: dict[ChannelName, Receiver] = {}

    def admit(self, names: Iterable[ChannelName], receiver: Receiver) -> None:
        """Hand on to `receiver` what comes on internal names."""
        self._internal.update(dict.fromkeys(names, receiver))

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Take an entry of the log."""
        internal = self._internal.get(channel)
        if internal is not None:
            internal.on_entry(channel, entry)
            return
        patterns = self._following.patterns.matching(channel)
        if not patterns:
            return
        adopted = self._following.adopt(channel, entry)
        if adopted is not None:
            self._delivery.take(adopted, entry)
        else:
            # There is no room to remember where the channel stands. It is shown all the same.
            self._open(channel, lambda: open_entry(entry))

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Take an unnumbered message."""
        internal = self._internal.get(channel)
        if internal is not None:
            internal.on_announcement(channel, payload)
        elif self._following.patterns.matching(channel):
            self._open(channel, lambda: open_announcement(payload))

    def on_restored(self) -> None:
        """Tell all who hear internal names that the feed was interrupted."""
        for receiver in {id(each): each for each in self._internal.values()}.values():
            receiver.on_restored()

    def deliver(self, channel: ChannelName, publication: Publication) -> None:
        """Take a message that another system brought."""
        self._delivery.share(self._following.patterns.matching(channel), channel, publication)

    def _open(self, channel: ChannelName, read: Callable[[], object]) -> None:
        try:
            said = read()
        except UnreadableEnvelope as fault:
            self._delivery.note_unreadable(channel, fault)
        else:
            if isinstance(said, Publication):
                self.deliver(channel, said)
