"""The methods that reach sessions by what is known of them: a push, a kick, tags."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from hubbub.errors import BAD_REQUEST_ERROR, FORCE_DISCONNECT, Refused
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import bytes_of, text_of
from hubbub.http.api.requests import Goodbye, Json
from hubbub.http.api.server import Server
from hubbub.hub.nodes.control import TIMEOUT_S
from hubbub.model import Kind
from hubbub.sessions.reaching.pushes import TIMEOUT_LIMIT_S, Addressee
from hubbub.sessions.reaching.reach import Deed, Fate, Kick, Mark, Say
from hubbub.sessions.tags import TAG_LIMIT, TAGS_LIMIT

Tag = Annotated[str, Meta(max_length=TAG_LIMIT)]
Tags = Annotated[list[Tag], Meta(max_length=TAGS_LIMIT)]


class Whom(Struct, kw_only=True):
    """Which sessions are meant, on whatever node: one of these says it."""

    client: Annotated[str, Meta(max_length=128, description="The session with this id.")] = ""
    user: Annotated[
        str, Meta(max_length=128, description="All sessions of this user.", examples=["zhang"])
    ] = ""
    group: Annotated[
        str, Meta(max_length=128, description="All sessions that are in this group.")
    ] = ""
    tag: Annotated[
        str, Meta(max_length=TAG_LIMIT, description="All sessions that have this tag.")
    ] = ""
    everybody: Annotated[bool, Meta(description="All sessions.")] = False
    timeout: Annotated[
        float,
        Meta(gt=0, le=TIMEOUT_LIMIT_S, description="Seconds that nodes have to answer."),
    ] = TIMEOUT_S


class PushRequest(Whom, kw_only=True):
    """Say something to sessions."""

    event: Annotated[str, Meta(max_length=128, description="Its name, if it has one.")] = ""
    data: Annotated[Json, Meta(description="Any JSON value.", examples=[{"title": "Rain"}])] = UNSET
    b64data: Annotated[str, Meta(description="Bytes in base64; takes the place of `data`.")] = ""


class KickRequest(Whom, kw_only=True):
    """End sessions."""

    disconnect: Annotated[
        Goodbye | None, Meta(description='Without it, 3503 "force disconnect".')
    ] = None


class TagRequest(Whom, kw_only=True):
    """Give tags to sessions, and take others away."""

    add: Annotated[Tags, Meta(description="What they are tagged with.", examples=[["beta"]])] = (
        field(default_factory=list)
    )
    remove: Annotated[Tags, Meta(description="What they are tagged with no more.")] = field(
        default_factory=list
    )


class ReachResult(Struct, omit_defaults=True):
    """What came of it."""

    status: Annotated[
        Fate,
        Meta(
            description="`delivered` (or `kicked`, `tagged`): done to one session at least, for a push"
            " that it was written to the connection; `offline`: none of those meant is there; `gone`:"
            " the session or its node, or the group, is no more; `unknown`: nodes of `missing` may know."
        ),
    ]
    num_sessions: Annotated[int, Meta(description="Sessions that it was done to.")] = 0
    gone: Annotated[
        list[str], Meta(description="Ids of sessions that were meant and are no more.")
    ] = field(default_factory=list)
    missing: Annotated[
        list[str],
        Meta(description="Living nodes that did not answer; it may have been done there too."),
    ] = field(default_factory=list)


async def push(server: Server, caller: Caller, request: PushRequest) -> ReachResult:
    """Say something to sessions that are there now; answered when it is written to their connections.

    It is no publication: it has no offset, is not kept, and nobody catches up on it.
    """
    return await _do(server, caller, request, Say(request.event, *_payload(server, request)))


async def kick(server: Server, caller: Caller, request: KickRequest) -> ReachResult:
    """End sessions; the code says whether their clients come back by themselves."""
    said = request.disconnect or Goodbye()
    code = said.code or FORCE_DISCONNECT.code
    reason = said.reason or ("" if said.code else FORCE_DISCONNECT.reason)
    return await _do(server, caller, request, Kick(code, reason))


async def tag(server: Server, caller: Caller, request: TagRequest) -> ReachResult:
    """Give tags to sessions, and take others away; they last as long as the session."""
    return await _do(server, caller, request, Mark(tuple(request.add), tuple(request.remove)))


async def _do(server: Server, caller: Caller, whom: Whom, deed: Deed) -> ReachResult:
    caller.touch_all()
    addressee = Addressee(whom.client, whom.user, whom.group, whom.tag, whom.everybody)
    reached = await server.node.pushes.do(addressee, deed, whom.timeout)
    return ReachResult(reached.fate, reached.sessions, [*reached.gone], [*reached.missing])


def _payload(server: Server, request: PushRequest) -> tuple[bytes, Kind]:
    if request.b64data:
        data, kind = bytes_of("b64data", request.b64data), Kind.BINARY
    elif isinstance(request.data, UnsetType):
        raise Refused(BAD_REQUEST_ERROR, "data is missing")
    else:
        data, kind = text_of(request.data), Kind.JSON
    limit = server.node.settings.payload_limit
    if len(data) > limit:
        raise Refused(BAD_REQUEST_ERROR, f"data is larger than {limit} bytes")
    return data, kind
