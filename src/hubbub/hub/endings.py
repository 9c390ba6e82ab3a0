"""End the patterns that nobody follows any more, without a gap in what else is followed."""

from __future__ import annotations

import structlog

from hubbub.brokers.contract import Broker
from hubbub.errors import BrokerUnavailable
from hubbub.hub.channels import Channel
from hubbub.hub.following import Following
from hubbub.hub.patterns import carried

_log = structlog.get_logger(__name__)


class Endings:
    """Give channels a subscription of their own before the pattern ends that brought them.

    Patterns end one after the other: of two that bring a channel, the second knows that it is the last.
    """

    __slots__ = ("_broker", "_following", "_under_way")

    def __init__(self, broker: Broker, following: Following) -> None:
        self._broker = broker
        self._following = following
        self._under_way = False

    async def end_patterns(self, now: float) -> None:
        """End the patterns that had nobody for the linger time; `now` is monotonic seconds."""
        patterns = self._following.patterns
        if self._under_way or not len(patterns):
            return
        self._under_way = True
        try:
            for pattern in self._following.overdue(now):
                if pattern in patterns:
                    await self._stand_alone(pattern)
                    # No await from here on: whoever came meanwhile is seen.
                    if not pattern.is_wanted():
                        self._following.end_pattern(pattern, now)
        except BrokerUnavailable as fault:
            _log.debug("a pattern that nobody follows goes on", fault=str(fault))
        finally:
            self._under_way = False

    async def _stand_alone(self, pattern: Channel) -> None:
        """Subscribe by name what somebody follows and only this pattern brings."""
        following, feed = self._following, self._broker.feed
        while names := [
            channel.name
            for channel in following
            if pattern in channel.patterns
            and channel.is_wanted()
            and following.depends(channel)
            and not carried(channel, but=pattern)
        ]:
            await feed.subscribe(names)
            for name in names:
                held = following.get(name)
                if held is not None:
                    held.by_name = True
                else:
                    feed.unsubscribe([name])
