"""What a hub looks after from time to time: who left, what was lost last, what nobody follows any more."""

from __future__ import annotations

import structlog

from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable
from hubbub.hub.chores import Chores
from hubbub.hub.endings import Endings
from hubbub.hub.following import Following
from hubbub.hub.healing import Healing
from hubbub.hub.membership import Buried, Membership, Moved
from hubbub.hub.settings import HubSettings

_log = structlog.get_logger(__name__)


class Upkeep:
    """Do what is due.

    Args:
        following, endings, healing, membership: what is looked after. settings: the intervals.
        clock: the time.
    """

    __slots__ = (
        "_audit_at",
        "_clock",
        "_endings",
        "_following",
        "_healing",
        "_membership",
        "_reap_at",
        "_settings",
        "_tend_at",
        "chores",
    )

    def __init__(
        self,
        following: Following,
        endings: Endings,
        healing: Healing,
        membership: Membership,
        settings: HubSettings,
        clock: Clock,
    ) -> None:
        self.chores = Chores()
        """Where the work is done, and other work that nobody waits for."""
        self._following = following
        self._endings = endings
        self._healing = healing
        self._membership = membership
        self._settings = settings
        self._clock = clock
        self._audit_at = clock.monotonic() + settings.audit_interval_s
        self._tend_at = self._reap_at = clock.monotonic()

    def tick(self) -> None:
        """Do what is due; called about once a second."""
        now = self._clock.monotonic()
        self._following.drop_vacant(now)
        self.chores.begin(self._endings.end_patterns(now))
        self.chores.begin(self._membership.vacate(self._settings.vacancy_s))
        if now >= self._audit_at:
            self._audit_at = now + self._settings.audit_interval_s
            self.chores.begin(self.audit(quiet_only=True))
        if now >= self._tend_at:
            self._tend_at = now + self._settings.lease_renewal_s
            self.chores.begin(self._membership.tend(reap=now >= self._reap_at))

    def watch_ghosts(self, buried: Buried) -> None:
        """Have `buried` called with each member whose node died, on one node of the cluster."""
        self._membership.buried = buried

    def watch_people(self, moved: Moved) -> None:
        """Have `moved` called with each member who comes or leaves where channels remember their people."""
        self._membership.moved = moved

    def bury(self, node: str) -> None:
        """Take the members of a node away whose process has ended without a word."""
        self.chores.begin(self._membership.bury(node))

    async def restored(self) -> None:
        """Compare everything after an interruption, and take nobody for dead who may come back as we do.

        What kept this node from the broker may have kept the others, and their leases have run out like ours.
        """
        self._reap_at = self._clock.monotonic() + self._membership.lease_s
        await self.audit(quiet_only=False)

    async def audit(self, *, quiet_only: bool) -> None:
        """Compare positions with the broker's tops (see `Healing.compare`)."""
        try:
            await self._healing.compare(self._following.logged(), quiet_only=quiet_only)
        except BrokerUnavailable as fault:
            _log.debug("the audit waits for the broker", fault=str(fault))
