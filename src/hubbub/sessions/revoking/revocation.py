"""Revoke a user's tokens and sessions, one token, one session, or logins of operators, on all nodes at once.

A revocation is an entry of an internal log, which every node reads when it starts and follows from then on.
It is known on all nodes as soon as a message would be; a node that is cut off from the broker learns it when
it returns. Where the broker lost its data, the nodes that live write again what they know: it is forgotten
only when the data and all nodes are lost together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set
from dataclasses import dataclass

import structlog

from hubbub.brokers.contract import Broker
from hubbub.clock import Clock
from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, Refused
from hubbub.hub.chores import Chores
from hubbub.hub.journal import LOOK_S, Journal, Subject
from hubbub.hub.permissions.namespaces import RESERVED
from hubbub.model import Retention, SessionId, UserId
from hubbub.sessions.revoking.revoked import (
    NAME_LIMIT,
    Revocation,
    RevokedList,
    Scope,
    UnreadableRevocation,
    decode,
    encode,
)

_log = structlog.get_logger(__name__)

AT_ONCE = 500
"""Revocations that are on their way to the broker together."""

REVOKED = f"{RESERVED}revoked"
"""The internal log of revocations."""


@dataclass(frozen=True, slots=True)
class RevocationSettings:
    """Bound what is remembered of revocations.

    Args:
        ttl_s: seconds for which a revocation counts: as long as the longest token lives.
        limit: revocations that may count at the same time; more are refused, so that none is forgotten.
    """

    ttl_s: float = 86_400.0
    limit: int = 100_000


class Revocations:
    """Know what was revoked, and revoke.

    Args:
        broker: whose log and feed carry the revocations.
        settings: how long, and how many.
        clock: the time.

    `arrived` is called with each revocation that this node did not know, in order to end what it names.
    """

    def __init__(self, broker: Broker, settings: RevocationSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._known = RevokedList()
        self._chores = Chores()
        self._look_at = clock.monotonic() + LOOK_S
        self.arrived: Callable[[Revocation], None] = _nobody
        retention = Retention(settings.limit, settings.ttl_s)
        self.journal = Journal(broker, Subject(REVOKED, retention, self._take, self._mend))
        """What the feed brings of revocations is given to it."""

    def __len__(self) -> int:
        return len(self._known)

    def check(self, user: UserId, token_id: str, issued_at: int, session: SessionId) -> bool:
        """Tell whether a token, all older tokens of its user, or its session were revoked.

        `issued_at` is in unix seconds; 0, where the token does not say it, is before everything.
        """
        return self._known.check(user, token_id, issued_at, session)

    def check_login(self, key: str, login: str, since: int) -> bool:
        """Tell whether a login to the admin page, or all older ones by its key, were ended."""
        return self._known.check_login(key, login, since)

    def logins_from(self, key: str) -> int:
        """Return the unix second from which on logins by a key count."""
        return self._known.logins_from(key)

    @property
    def ttl_s(self) -> float:
        """Return for how many seconds a revocation may count at most."""
        return self._settings.ttl_s

    async def revoke(self, scope: Scope, name: str, ttl_s: float | None = None) -> Revocation:
        """Revoke, on all nodes, for `ttl_s` seconds (None: as long as the settings say).

        It returns when the broker has it; repeating it is harmless. Raises Refused (107) where the name or
        the time cannot be, Refused (106) when too many count already, and BrokerUnavailable.
        """
        ttl_s = self._settings.ttl_s if ttl_s is None else ttl_s
        if not 0 < len(name) <= NAME_LIMIT:
            raise Refused(BAD_REQUEST_ERROR, f"what is revoked has 1 to {NAME_LIMIT} characters")
        if not 0 < ttl_s <= self._settings.ttl_s:
            most = self._settings.ttl_s
            raise Refused(BAD_REQUEST_ERROR, f"a revocation counts for {most:g} seconds at most")
        # Who logs in and out again and again must leave room for what programs revoke.
        limit = self._settings.limit // (2 if scope is Scope.LOGIN else 1)
        if len(self._known) >= limit:
            raise Refused(LIMIT_EXCEEDED, f"{limit} revocations count already")
        now_s = self.now_s()
        revocation = Revocation(scope, name, now_s, now_s + max(1, round(ttl_s)))
        await self.journal.append(encode(revocation), revocation.key)
        self._add(revocation)
        return revocation

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Learn what counts, before anybody comes in. Raises BrokerUnavailable."""
        await self.journal.start()

    def tick(self) -> None:
        """Look for what was missed, and forget what is over; called about once a second."""
        now = self._clock.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._known.expire(self.now_s())
            self.journal.look()

    async def close(self) -> None:
        """Follow no longer."""
        await self.journal.close()
        await self._chores.close()

    # ── the journal's side ──────────────────────────────────────────────────────────────────────

    def _take(self, payload: bytes) -> None:
        try:
            self._add(decode(payload))
        except UnreadableRevocation as fault:
            _log.warning("unreadable revocation skipped", fault=str(fault))

    def _add(self, revocation: Revocation) -> None:
        if self._known.add(revocation, self.now_s()):
            self.arrived(revocation)

    def _mend(self, found: Set[bytes]) -> None:
        """Write again what the log does not have any more."""
        lost = [each for each in self._known if encode(each) not in found]
        if lost:
            _log.warning("the broker lost revocations; they are written again", number=len(lost))
            self._chores.begin(self._write_again(lost))

    async def _write_again(self, lost: list[Revocation]) -> None:
        for first in range(0, len(lost), AT_ONCE):
            written = [
                self.journal.append(encode(each), each.key)
                for each in lost[first : first + AT_ONCE]
            ]
            outcomes = await asyncio.gather(*written, return_exceptions=True)
            if any(isinstance(outcome, BaseException) for outcome in outcomes):
                self.journal.doubt()
                return

    def now_s(self) -> int:
        """Return the unix second that it is, by the clock of revocations."""
        return self._clock.epoch_ms() // 1000


def _nobody(revocation: Revocation) -> None:
    """End nothing, where nobody has sessions."""
