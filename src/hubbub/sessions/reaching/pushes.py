"""What an application does to sessions by what it knows of them: an id, a user, a group or a tag."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.dialects.socketio.values import EVENT_LIMIT, RESERVED
from hubbub.errors import BAD_REQUEST_ERROR, Refused, Reject
from hubbub.hub.nodes.control import TIMEOUT_S
from hubbub.model import SessionId, UserId
from hubbub.sessions.reaching.groups import Groups
from hubbub.sessions.reaching.reach import Deed, Kick, Mark, Reach, Reached, Target
from hubbub.sessions.tags import check_tags

TIMEOUT_LIMIT_S = 60.0
"""The longest that nodes may be waited for."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom something is for: exactly one of these."""

    session: SessionId = ""
    user: UserId = ""
    group: str = ""
    tag: str = ""
    everybody: bool = False

    @property
    def target(self) -> Target:
        """Return the sessions that are meant; those of a group its record tells."""
        session = (self.session,) if self.session else ()
        user = (self.user,) if self.user else ()
        return Target(session, user, self.tag, self.everybody)


class Pushes:
    """Do something to those whom an application names.

    Args:
        reach: the way to sessions on all nodes. groups: who is in which.
    """

    __slots__ = ("_reach", "groups")

    def __init__(self, reach: Reach, groups: Groups) -> None:
        self._reach = reach
        self.groups = groups

    async def do(self, whom: Addressee, deed: Deed, timeout_s: float = TIMEOUT_S) -> Reached:
        """Do something to sessions, and return what came of it.

        `timeout_s` is what each node has to answer. Raises Refused (106, 107) for what cannot be, OrderFailed
        where it cannot be asked, and BrokerUnavailable.
        """
        said = (whom.session, whom.user, whom.group, whom.tag, whom.everybody)
        if sum(map(bool, said)) != 1:
            detail = "name one of these: a session, a user, a group, a tag, or everybody"
            raise Refused(BAD_REQUEST_ERROR, detail)
        if not 0 < timeout_s <= TIMEOUT_LIMIT_S:
            detail = f"nodes have up to {TIMEOUT_LIMIT_S:g} seconds to answer"
            raise Refused(BAD_REQUEST_ERROR, detail)
        _check(deed)
        if whom.group:
            return await self.groups.do(whom.group, deed, timeout_s)
        return await self._reach.do(whom.target, deed, timeout_s)


def _check(deed: Deed) -> None:
    """Raise Refused for what no client may be told."""
    if isinstance(deed, Mark):
        check_tags(deed.add)
    elif isinstance(deed, Kick):
        try:
            Reject(deed.code, deed.reason)
        except ValueError as fault:
            raise Refused(BAD_REQUEST_ERROR, str(fault)) from None
    elif deed.event in RESERVED or len(deed.event) > EVENT_LIMIT:
        raise Refused(BAD_REQUEST_ERROR, f"no event may be called {deed.event[:EVENT_LIMIT]!r}")
