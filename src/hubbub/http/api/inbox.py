"""The methods about inboxes: sending to users, and what they have received and read."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import bytes_of, text_of
from hubbub.http.api.requests import Epoch, Json
from hubbub.http.api.server import Server
from hubbub.hub.inbox import answers
from hubbub.hub.inbox.values import DEVICE_LIMIT, inbox_of
from hubbub.model import ClientInfo, Kind

User = Annotated[str, Meta(max_length=128, description="Whose inbox it is.", examples=["zhang"])]
Device = Annotated[
    str, Meta(max_length=DEVICE_LIMIT, description='The name of a device; "" is the only one.')
]
Upto = Annotated[int, Meta(ge=0, le=2**53, description="An offset in the inbox.")]


class SendRequest(Struct, kw_only=True):
    """Send a message to a user."""

    user: User
    data: Annotated[Json, Meta(description="The payload, any JSON value.")] = UNSET
    b64data: Annotated[
        str, Meta(description="The payload as bytes in base64; takes the place of `data`.")
    ] = ""
    sender: Annotated[
        str,
        Meta(
            max_length=128,
            description='The user who speaks, whose own devices get a copy; "": nobody with a name.',
        ),
    ] = ""
    idempotency_key: Annotated[
        str,
        Meta(
            max_length=128,
            description="The message's id; sent again within 5 minutes by the same sender, it is the same.",
        ),
    ] = ""
    tags: Annotated[dict[str, str] | None, Meta(description="Short strings beside it.")] = None


class InboxPullRequest(Struct, kw_only=True):
    """Read what a user has not read."""

    user: User
    limit: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Messages at most; 0: as many as allowed.")
    ] = 0
    since: Annotated[
        Upto | None, Meta(description="The `upto` of the page before; null: what was read so far.")
    ] = None
    device: Annotated[
        Device | None,
        Meta(description="With it, what this device has not acknowledged is returned instead."),
    ] = None
    take: Annotated[
        bool,
        Meta(
            description="What is returned counts as read from now on, or as acknowledged by `device`."
        ),
    ] = False


class InboxAckRequest(Struct, kw_only=True):
    """Acknowledge for a device."""

    user: User
    device: Device = ""
    upto: Annotated[Upto, Meta(description="All messages up to this offset.")] = 0
    offsets: Annotated[
        list[Upto], Meta(max_length=1000, description="Single messages, in any order.")
    ] = []
    epoch: Epoch = ""


class InboxReadRequest(Struct, kw_only=True):
    """Mark as read."""

    user: User
    upto: Annotated[Upto, Meta(description="All messages up to this offset.")]
    sender: Annotated[User | None, Meta(description="Only those of this user.")] = None
    epoch: Epoch = ""


class InboxUserRequest(Struct):
    """Name a user."""

    user: User


async def send(server: Server, caller: Caller, request: SendRequest) -> answers.SendResult:
    """Send a message to a user, whether or not anybody is there; answered when the broker has it."""
    _touch(caller, request.user)
    if server.node.inbox.keeps_copy(request.sender, request.user):
        _touch(caller, request.sender)
    data, kind = _payload(server, request)
    sender = ClientInfo(request.sender, "") if request.sender else None
    sent = await server.node.inbox.send(
        request.user,
        data,
        kind,
        sender=sender,
        key=request.idempotency_key,
        tags=request.tags,
    )
    return answers.sent(sent)


async def inbox_pull(
    server: Server, caller: Caller, request: InboxPullRequest
) -> answers.PullResult:
    """Return what a user has not read, or a device not acknowledged; the oldest first.

    With `take` a second call returns only what has come since.
    """
    _touch(caller, request.user)
    most = server.node.settings.api.inbox_limit
    page = await server.node.inbox.pull(
        request.user,
        min(request.limit or most, most),
        since=request.since,
        device=request.device,
        take=request.take,
    )
    return answers.pulled(page)


async def inbox_ack(server: Server, caller: Caller, request: InboxAckRequest) -> answers.AckResult:
    """Note that a device has received messages, up to an offset or single ones."""
    _touch(caller, request.user)
    done = await server.node.inbox.acknowledge(
        request.user,
        request.device,
        upto=request.upto,
        offsets=request.offsets,
        epoch=request.epoch,
    )
    return answers.acknowledged(done)


async def inbox_read(
    server: Server, caller: Caller, request: InboxReadRequest
) -> answers.PositionResult:
    """Note that a user has read messages up to an offset: all of them, or those of one sender."""
    _touch(caller, request.user)
    top = await server.node.inbox.read(request.user, request.upto, request.sender, request.epoch)
    return answers.position(top)


async def inbox_unread(
    server: Server, caller: Caller, request: InboxUserRequest
) -> answers.UnreadResult:
    """Count what a user has not read, by sender and in all."""
    _touch(caller, request.user)
    return answers.unread(await server.node.inbox.unread(request.user))


def _touch(caller: Caller, user: str) -> None:
    caller.touch(inbox_of(user))


def _payload(server: Server, request: SendRequest) -> tuple[bytes, Kind]:
    if request.b64data:
        data, kind = bytes_of("b64data", request.b64data), Kind.BINARY
    elif isinstance(request.data, UnsetType):
        raise Refused(BAD_REQUEST_ERROR, "a message has data or b64data")
    else:
        data, kind = text_of(request.data), Kind.JSON
    limit = server.node.settings.payload_limit
    tags = (request.tags or {}).items()
    if len(data) + sum(len(name) + len(value) for name, value in tags) > limit:
        raise Refused(BAD_REQUEST_ERROR, f"the data is larger than {limit} bytes")
    return data, kind
