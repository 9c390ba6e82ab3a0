"""The methods about groups: they are created, joined, left, listed and destroyed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api.keys import Caller
from hubbub.http.api.results import Done
from hubbub.http.api.server import Server
from hubbub.sessions.reaching.groups import NAME_LIMIT

Name = Annotated[
    str, Meta(min_length=1, max_length=NAME_LIMIT, description="A name.", examples=["team"])
]

PAGE_LIMIT = 1000
"""Groups in one answer."""


class GroupRequest(Struct, kw_only=True):
    """Name a group."""

    group: Name


class MemberRequest(GroupRequest, kw_only=True):
    """Name a group, and who is, or shall be, in it: a session or a user."""

    client: Annotated[str, Meta(max_length=128, description="The session with this id.")] = ""
    user: Annotated[
        str, Meta(max_length=128, description="This user, with all sessions of the moment.")
    ] = ""


class GroupsRequest(Struct, kw_only=True):
    """List groups."""

    prefix: Annotated[
        str, Meta(max_length=NAME_LIMIT, description='What names begin with; "": all.')
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=PAGE_LIMIT, description="Groups at most.")] = 100
    cursor: Annotated[
        str, Meta(max_length=NAME_LIMIT, description="The `cursor` of the page before this one.")
    ] = ""


class JoinResult(Struct):
    """Whether it is in."""

    joined: Annotated[bool, Meta(description="`false`: there is no such session any more.")]


class DestroyResult(Struct):
    """Whether there was one."""

    existed: bool


class MembersResult(Struct):
    """Who is in a group."""

    exists: bool
    clients: Annotated[list[str], Meta(description="Ids of sessions.")]
    users: list[str]


class GroupsResult(Struct, omit_defaults=True):
    """Groups in the order of their names."""

    groups: list[str]
    cursor: Annotated[str, Meta(description="Where the next page begins; none after the last.")] = (
        ""
    )


async def create(server: Server, caller: Caller, request: GroupRequest) -> Done:
    """Create a group, which then exists until it is destroyed; one that exists stays as it is."""
    caller.touch_all()
    await server.node.pushes.groups.create(request.group)
    return Done()


async def destroy(server: Server, caller: Caller, request: GroupRequest) -> DestroyResult:
    """Destroy a group, and with it all memberships."""
    caller.touch_all()
    return DestroyResult(await server.node.pushes.groups.destroy(request.group))


async def join(server: Server, caller: Caller, request: MemberRequest) -> JoinResult:
    """Let a session, while it lasts, or a user be in a group, which is created if it does not exist.

    A group that nobody created otherwise ends with its last member.
    """
    caller.touch_all()
    _check(request)
    joined = await server.node.pushes.groups.join(
        request.group, session_id=request.client, user=request.user
    )
    return JoinResult(joined)


async def leave(server: Server, caller: Caller, request: MemberRequest) -> Done:
    """Let a session or a user be in a group no more."""
    caller.touch_all()
    _check(request)
    await server.node.pushes.groups.leave(
        request.group, session_id=request.client, user=request.user
    )
    return Done()


async def members(server: Server, caller: Caller, request: GroupRequest) -> MembersResult:
    """Return who is in a group: sessions that joined, and users."""
    caller.touch_all()
    found = await server.node.pushes.groups.members(request.group)
    if found is None:
        return MembersResult(False, [], [])
    return MembersResult(True, found.sessions, found.users)


async def names(server: Server, caller: Caller, request: GroupsRequest) -> GroupsResult:
    """Return the groups, in the order of their names."""
    caller.touch_all()
    groups = server.node.pushes.groups
    found = await groups.names(request.prefix, request.cursor, request.limit)
    full = len(found) == request.limit
    return GroupsResult(found, found[-1] if full else "")


def _check(request: MemberRequest) -> None:
    if bool(request.client) is bool(request.user):
        raise Refused(BAD_REQUEST_ERROR, "name a client or a user, and one of them")
