"""The methods about who is connected."""

from __future__ import annotations

from msgspec import UNSET

from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.server import Server
from hubbub.sessions.reaching.roll import Seen, Wanted

SESSIONS_LIMIT = 1000
"""Sessions of one page at most: more is told of each than a name."""


async def users(server: Server, caller: Caller, request: ask.UsersRequest) -> say.UsersResult:
    """Return the users who are connected, on all nodes, in the order of their names.

    A page has a `cursor` where another one follows.
    """
    caller.touch_all()
    wanted = Wanted(request.pattern, "", "", request.cursor, _limit(server, request.limit))
    page = await server.node.roll.users(wanted)
    found = {user: say.UserInfo(count) for user, count in page.users.items()}
    return say.UsersResult(found, page.cursor, page.missing)


async def sessions(
    server: Server, caller: Caller, request: ask.SessionsRequest
) -> say.SessionsResult:
    """Return sessions of all nodes: who they speak for, what they speak, where they are.

    They come in the order of their ids; a page has a `cursor` where another one follows. What a session
    follows is told where it alone is asked for.
    """
    caller.touch_all()
    limit = min(_limit(server, request.limit), SESSIONS_LIMIT)
    wanted = Wanted(
        request.user, request.client, request.channel, request.cursor, limit, request.tag
    )
    page = await server.node.roll.sessions(wanted)
    full = bool(request.client)
    found = {name: _session(seen, full) for name, seen in page.sessions.items()}
    return say.SessionsResult(found, page.cursor, page.missing)


def _session(seen: Seen, full: bool) -> say.SessionInfo:
    return say.SessionInfo(
        seen.user,
        seen.node,
        seen.dialect,
        seen.transport,
        seen.peer,
        seen.age_s,
        seen.backlog,
        seen.channels,
        list(seen.following) if full else UNSET,
        list(seen.tags),
        list(seen.groups),
    )


def _limit(server: Server, wanted: int) -> int:
    most = server.node.settings.api.channels_limit
    return min(wanted or most, most)
