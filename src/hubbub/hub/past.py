"""What channels keep of their past: reading it, and forgetting it."""

from __future__ import annotations

from hubbub.brokers.contract import Broker, HistoryQuery
from hubbub.dialects.contract import HistoryPage
from hubbub.errors import BAD_REQUEST_ERROR, NOT_AVAILABLE, UNRECOVERABLE_POSITION, Refused
from hubbub.hub.contract import Statistics
from hubbub.hub.envelope import open_readable
from hubbub.hub.following import Following
from hubbub.hub.redaction import Redaction, redacted
from hubbub.hub.settings import HubSettings
from hubbub.model import ChannelName, Position, Publication


class Past:
    """Read and forget the history of channels.

    Args:
        broker: who keeps it. following: the channels that this node follows.
        settings: how much a page may have. statistics: where unreadable entries are counted.
    """

    __slots__ = ("_broker", "_following", "_redaction", "_settings", "_statistics")

    def __init__(
        self, broker: Broker, following: Following, settings: HubSettings, statistics: Statistics
    ) -> None:
        self._broker = broker
        self._redaction = Redaction(broker)
        self._following = following
        self._settings = settings
        self._statistics = statistics

    async def page(
        self, channel: ChannelName, limit: int, since: Position | None, reverse: bool
    ) -> HistoryPage:
        """Return a page of a channel's history; `limit` -1 asks for as much as allowed, 0 for the top only.

        Raises Refused (108 where nothing is kept, 112 for another epoch, 107 for a senseless `since`).
        """
        self._check_kept(channel)
        if since is not None and reverse and since.offset == 0:
            raise Refused(BAD_REQUEST_ERROR, "nothing is before offset 0")
        most = self._settings.history_limit
        limit = most if limit < 0 else min(limit, most)
        query = HistoryQuery(limit, since.offset if since else None, reverse)
        retention = self._following.options(channel).retention
        page = await self._broker.log.history(channel, query, retention)
        if since is not None and since.epoch and since.epoch != page.top.epoch:
            raise Refused(UNRECOVERABLE_POSITION, "the channel was born again since")
        publications = open_readable(page.entries)
        self._statistics.unreadable += len(page.entries) - len(publications)
        gone = await self._redaction.of(channel, self._following.options(channel))
        return HistoryPage(channel, redacted(publications, page.top.epoch, gone), page.top)

    async def entry(self, channel: ChannelName, offset: int) -> tuple[Publication | None, Position]:
        """Return the publication at an offset as it was said, and the channel's top.

        It is None where it is not there any more, or yet. Raises Refused (108) where nothing is kept.
        """
        self._check_kept(channel)
        query = HistoryQuery(1, offset - 1)
        page = await self._broker.log.history(
            channel, query, self._following.options(channel).retention
        )
        found = [each for each in open_readable(page.entries) if each.offset == offset]
        return found[0] if found else None, page.top

    async def top(self, channel: ChannelName, reaching: int = 0) -> Position:
        """Return where a channel ends, and look closer where that is before `reaching`.

        Raises BrokerUnavailable.
        """
        followed = self._following.get(channel)
        if followed is not None and followed.is_live() and followed.offset >= reaching:
            return followed.position
        return (await self._broker.log.tops([channel]))[0]

    async def forget(self, channel: ChannelName) -> None:
        """Have the broker forget a channel's history; offsets and epoch go on.

        Nodes that follow it still remember some of it, see `let_go`. Raises Refused (108) where nothing is
        kept.
        """
        self._check_kept(channel)
        await self._broker.log.remove_history(channel)

    def let_go(self, channel: ChannelName) -> None:
        """Forget what this node remembers of a channel for those who come back."""
        followed = self._following.get(channel)
        if followed is not None:
            followed.forget()

    def _check_kept(self, channel: ChannelName) -> None:
        if not self._following.options(channel).recoverable:
            raise Refused(NOT_AVAILABLE, "this channel keeps no history")
