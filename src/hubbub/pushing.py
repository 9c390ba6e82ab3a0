"""How a program that has an app reaches sessions: it pushes to them, kicks and tags them."""

from __future__ import annotations

from collections.abc import Collection

from hubbub.errors import FORCE_DISCONNECT
from hubbub.hooks.returns import payload
from hubbub.hub.nodes.control import TIMEOUT_S
from hubbub.model import Kind, SessionId, UserId
from hubbub.sessions.reaching.groups import Groups
from hubbub.sessions.reaching.pushes import Addressee, Pushes
from hubbub.sessions.reaching.reach import Kick, Mark, Reached, Say


class Pusher:
    """Reach sessions on all nodes.

    Whom is said by one of these: a session by its id, a user (all sessions that it has), a group, a tag, or
    `everybody`. All methods wait for the nodes, `timeout_s` each at most, and return what came of it. They
    raise Refused (106, 107) for what cannot be, OrderFailed where nobody can be asked, and BrokerUnavailable.
    """

    pushes: Pushes

    @property
    def groups(self) -> Groups:
        """Return the groups: to be created and destroyed, joined and left."""
        return self.pushes.groups

    async def push(
        self,
        data: object,
        *,
        session_id: SessionId = "",
        user: UserId = "",
        group: str = "",
        tag: str = "",
        everybody: bool = False,
        event: str = "",
        timeout_s: float = TIMEOUT_S,
    ) -> Reached:
        """Say something to sessions that are there now; it is no publication, and nobody catches up on it.

        Args:
            data: bytes, or what becomes JSON.
            event: what Socket.IO clients hear it as, and others read beside it ("": a `message`).

        Raises TypeError for what is no JSON.
        """
        whom = Addressee(session_id, user, group, tag, everybody)
        kind = Kind.BINARY if isinstance(data, bytes | bytearray | memoryview) else Kind.JSON
        said = Say(event, *payload(data, kind))
        return await self.pushes.do(whom, said, timeout_s)

    async def kick(
        self,
        *,
        session_id: SessionId = "",
        user: UserId = "",
        group: str = "",
        tag: str = "",
        everybody: bool = False,
        code: int = FORCE_DISCONNECT.code,
        reason: str = FORCE_DISCONNECT.reason,
        timeout_s: float = TIMEOUT_S,
    ) -> Reached:
        """End sessions. `code` says whether clients come back by themselves: see `Reject`."""
        whom = Addressee(session_id, user, group, tag, everybody)
        return await self.pushes.do(whom, Kick(code, reason), timeout_s)

    async def tag(
        self,
        add: Collection[str] = (),
        remove: Collection[str] = (),
        *,
        session_id: SessionId = "",
        user: UserId = "",
        group: str = "",
        tag: str = "",
        everybody: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> Reached:
        """Give tags to sessions, and take others away; they last as long as the session."""
        whom = Addressee(session_id, user, group, tag, everybody)
        return await self.pushes.do(whom, Mark(tuple(add), tuple(remove)), timeout_s)
