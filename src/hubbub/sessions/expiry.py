"""What ends by itself: connections and subscriptions that were granted for a time.

Every session with an end in sight stands in the bucket of the second in which the first of its times is
over; one look at the clock each second finds those whose turn it is. A client that proved itself by a token
gets some more seconds to show a newer one; for others the application is asked, if it has a hook for that.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

import structlog

from hubbub.clock import Clock
from hubbub.errors import (
    EXPIRED,
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_EXPIRED,
    Close,
    HookUnavailable,
    Refused,
    Reject,
    Unsubscription,
)
from hubbub.hub.stepping import apart, start
from hubbub.model import ChannelName, SessionId
from hubbub.sessions.hooks import (
    Client,
    Hooks,
    RefreshAsk,
    RefreshGrant,
    RefreshHook,
    SubRefreshAsk,
    SubRefreshGrant,
    SubRefreshHook,
)
from hubbub.sessions.identity import Identity
from hubbub.sessions.subscription import Consumption, Subscription

_log = structlog.get_logger(__name__)

AGAIN_S = 60
"""Seconds that a client gets when the application could not be asked; then it is asked again."""


LONGEST_S = 365 * 86_400
"""The longest time of which a client is told, in seconds: no SDK counts further (`ttl` is a uint32)."""
SPARE_SECONDS = 64
"""Seconds that may stand in the queue though nobody is due in them, beside as many as are needed."""


class Lasting(Protocol):
    """A session as one looks at its times."""

    id: SessionId
    due: int
    """The unix second of its bucket; 0: it stands in none."""
    gone: bool
    identity: Identity
    consuming: dict[str, Consumption] | None
    """What it takes from queues, by what the client calls that."""

    @property
    def following(self) -> Mapping[ChannelName, Subscription | None]:
        """Return what it follows."""
        ...

    def client(self) -> Client:
        """Return it as hooks see it."""
        ...

    def renew(self, grant: RefreshGrant) -> None:
        """Let it stay as long as a grant says, or end it."""
        ...

    def prolong(self, channel: ChannelName, expire_at: int, info: bytes) -> None:
        """Let it follow a channel until another time."""
        ...

    def drop(self, channel: ChannelName, why: Unsubscription) -> None:
        """End its subscription."""
        ...

    def end(self, close: Close) -> None:
        """End it."""
        ...


class Expiry:
    """Look after the times of all sessions of a node.

    Args:
        hooks: the application. clock: the time. grace_s: seconds that a client gets for a newer token.
    """

    __slots__ = ("_asking", "_buckets", "_clock", "_grace_s", "_hooks", "_seconds")

    def __init__(self, hooks: Hooks, clock: Clock, grace_s: float) -> None:
        self._hooks = hooks
        self._clock = clock
        self._grace_s = grace_s
        self._buckets: dict[int, dict[SessionId, Lasting]] = {}
        self._seconds: list[int] = []
        self._asking: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        """Return the seconds that stand in the queue."""
        return len(self._seconds)

    def left_s(self, expire_at: int) -> int:
        """Return the whole seconds until a unix time, a year at most; not positive when it is over."""
        return min(expire_at - self._clock.epoch_ms() // 1000, LONGEST_S)

    def note(self, session: Lasting) -> None:
        """Put a session where its times are looked at next; called whenever they changed."""
        at = self._first(session)
        if at == session.due:
            return
        self.forget(session)
        if not at or session.gone:
            return
        bucket = self._buckets.get(at)
        if bucket is None:
            bucket = self._buckets[at] = {}
            heapq.heappush(self._seconds, at)
        bucket[session.id] = session
        session.due = at

    def forget(self, session: Lasting) -> None:
        """Look at a session's times no more."""
        bucket = self._buckets.get(session.due)
        if bucket is not None and bucket.pop(session.id, None) is not None and not bucket:
            del self._buckets[session.due]
            if len(self._seconds) > 2 * len(self._buckets) + SPARE_SECONDS:
                self._seconds = sorted(self._buckets)
        session.due = 0

    def tick(self) -> None:
        """Look at those whose time has come; called about once a second."""
        now = self._clock.epoch_ms() / 1000
        while self._seconds and self._seconds[0] <= now:
            for session in self._buckets.pop(heapq.heappop(self._seconds), {}).values():
                session.due = 0
                try:
                    self._look(session, now)
                except Exception as fault:  # noqa: BLE001 - it is that one session's
                    _log.error("session failed", exc_info=fault)

    def _first(self, session: Lasting) -> int:
        identity = session.identity
        times = [self._over(identity.expires_at, by_token=identity.by_token)]
        times += [
            self._over(each.grant.expire_at, by_token=each.by_token)
            for each in session.following.values()
            if each is not None and each.grant.expire_at
        ]
        times += [each.expire_at for each in (session.consuming or {}).values()]
        return min((at for at in times if at), default=0)

    def _over(self, expire_at: int, *, by_token: bool) -> int:
        return expire_at + math.ceil(self._grace_s) if expire_at and by_token else expire_at

    def _look(self, session: Lasting, now: float) -> None:
        identity = session.identity
        if 0 < self._over(identity.expires_at, by_token=identity.by_token) <= now:
            hook = self._hooks.refresh
            if identity.by_token or hook is None:
                session.end(EXPIRED)
            else:
                self._ask(self._refresh(session, hook))
            return
        if any(0 < each.expire_at <= now for each in (session.consuming or {}).values()):
            session.end(SUBSCRIPTION_EXPIRED)  # nothing prolongs it but another subscription
            return
        for channel, each in list(session.following.items()):
            if (
                each is None
                or not 0 < self._over(each.grant.expire_at, by_token=each.by_token) <= now
            ):
                continue
            sub_hook = self._hooks.sub_refresh
            if each.by_token or sub_hook is None:
                end_subscription(session, channel, each)
            else:
                self._ask(self._refresh_subscription(session, channel, each, sub_hook))
                return  # the answer makes us look again
        self.note(session)

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        asking = start(work)
        if not asking.done():
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)

    async def _refresh(self, session: Lasting, hook: RefreshHook) -> None:
        try:
            grant = await apart(hook(RefreshAsk(session.client())))
        except Reject as reject:
            session.end(reject.close)
            return
        except (Refused, HookUnavailable) as fault:
            _log.info("a session could not be refreshed", session=session.id, fault=str(fault))
            until = self._respite(fault)
            grant = RefreshGrant(expired=not until, expire_at=until)
        session.renew(grant)

    async def _refresh_subscription(
        self,
        session: Lasting,
        channel: ChannelName,
        subscription: Subscription,
        hook: SubRefreshHook,
    ) -> None:
        try:
            grant = await apart(hook(SubRefreshAsk(session.client(), channel)))
        except Reject as reject:
            session.end(reject.close)
            return
        except (Refused, HookUnavailable) as fault:
            _log.info("a subscription could not be refreshed", channel=channel, fault=str(fault))
            until = self._respite(fault)
            grant = SubRefreshGrant(expired=not until, expire_at=until)
        if session.following.get(channel) is not subscription:
            pass  # it ended meanwhile, and another one was not what was asked about
        elif grant.expired or (grant.expire_at and self.left_s(grant.expire_at) <= 0):
            end_subscription(session, channel, subscription)
        else:
            session.prolong(channel, grant.expire_at, grant.info)
        self.note(session)

    def _respite(self, fault: Refused | HookUnavailable) -> int:
        """Return until when a client may stay after a fault; 0 where the application has said no.

        An application that is away for a moment must not send everybody away whose time is just over.
        """
        if isinstance(fault, Refused) and not fault.error.temporary:
            return 0
        return int(self._clock.epoch_ms() / 1000) + AGAIN_S


def end_subscription(session: Lasting, channel: ChannelName, subscription: Subscription) -> None:
    """End a subscription whose time is over: the client may ask again for one that it made itself."""
    if subscription.server_side:
        session.end(SUBSCRIPTION_EXPIRED)
    else:
        session.drop(channel, SUBSCRIPTION_ENDED)
