"""Going through the groups, a few at a time, for members that a dead node has left there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from hubbub.errors import BrokerUnavailable
from hubbub.hub.chores import Chores

_log = structlog.get_logger(__name__)

LOOK_S = 60
"""Seconds between two looks."""
GROUPS_AT_ONCE = 100
"""Groups that one look goes through."""

Names = Callable[[str, str, int], Awaitable[list[str]]]
"""Return names of groups by prefix, the name to begin behind, and how many."""
Meet = Callable[[str], Awaitable[object]]
"""Look at the members of a group, and take those back who are gone."""


class Gleaning:
    """Meet every group some time.

    Args:
        names: gives groups. meet: looks at one. chores: where that is done.
    """

    __slots__ = ("_chores", "_meet", "_met", "_names", "_ticks")

    def __init__(self, names: Names, meet: Meet, chores: Chores) -> None:
        self._names = names
        self._meet = meet
        self._chores = chores
        self._met = ""
        self._ticks = 0

    def tick(self) -> None:
        """Go on, if it is time; called about once a second."""
        self._ticks += 1
        if self._ticks % LOOK_S == 0:
            self._chores.begin(self._look())

    async def _look(self) -> None:
        try:
            groups = await self._names("", self._met, GROUPS_AT_ONCE)
            for group in groups:
                await self._meet(group)
        except BrokerUnavailable as fault:
            _log.debug("members that are gone stay for now", fault=str(fault))
        else:
            self._met = groups[-1] if len(groups) == GROUPS_AT_ONCE else ""
