"""The methods of chats: what a program may say about messages, and about who writes."""

from __future__ import annotations

from msgspec import UnsetType

from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act
from hubbub.dialects.operations import reaction_data
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api import chat_requests as ask
from hubbub.http.api import chat_results as say
from hubbub.http.api.envelope import failure_of
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import bytes_of, text_of
from hubbub.http.api.requests import ChannelRequest
from hubbub.http.api.results import Done, PublishResult
from hubbub.http.api.server import Server
from hubbub.hub.chats.amendments import Amender
from hubbub.hub.chats.people import Status, described
from hubbub.hub.chats.receipts import Room
from hubbub.model import ClientInfo, Kind


async def edit(server: Server, caller: Caller, request: ask.EditRequest) -> PublishResult:
    """Edit a message, whoever published it; answered when the broker has that."""
    if request.b64data:
        data, kind = bytes_of("b64data", request.b64data), Kind.BINARY
    elif isinstance(request.data, UnsetType):
        raise Refused(BAD_REQUEST_ERROR, "an edit has data or b64data")
    else:
        data, kind = text_of(request.data), Kind.JSON
    limit = server.node.settings.payload_limit
    if len(data) > limit:
        raise Refused(BAD_REQUEST_ERROR, f"the data is larger than {limit} bytes")
    amend = Amend(
        request.channel,
        Act.EDIT,
        request.offset,
        data=data,
        kind=kind,
        key=request.idempotency_key,
    )
    return await _amend(server, caller, amend, request)


async def delete(server: Server, caller: Caller, request: ask.DeleteRequest) -> PublishResult:
    """Delete a message, whoever published it; nobody is given its data any more."""
    return await _amend(server, caller, Amend(request.channel, Act.DELETE, request.offset), request)


async def react(server: Server, caller: Caller, request: ask.ReactRequest) -> PublishResult:
    """React to a message for a user, or take that back."""
    data = reaction_data(request.reaction, removed=request.removed)
    amend = Amend(request.channel, Act.REACTION, request.offset, data=data)
    return await _amend(server, caller, amend, request)


async def typing(server: Server, caller: Caller, request: ask.TypingRequest) -> Done:
    """Show in a channel that a user is writing something, which ends by itself after a few seconds."""
    caller.touch(request.channel)
    chat = server.node.chat
    chat.typing(request.channel, ClientInfo(request.user, ""), on=request.typing)
    return Done()


async def mark(server: Server, caller: Caller, request: ask.MarkRequest) -> say.MarkResult:
    """Note up to where a user has received and read a channel, and show it to the others there."""
    caller.touch(request.channel)
    info = ClientInfo(request.user, "")
    now = await server.node.chat.mark(
        request.channel, info, read=request.read, received=request.received
    )
    return say.MarkResult(now.read, now.received)


async def receipts(server: Server, caller: Caller, request: ChannelRequest) -> say.ReceiptsResult:
    """Return up to where each user has received and read a channel."""
    caller.touch(request.channel)
    found = await server.node.chat.receipts.of(request.channel)
    return say.ReceiptsResult(
        {user: say.MarkResult(each.read, each.received) for user, each in found.items()}
    )


async def rooms(server: Server, caller: Caller, request: ask.RoomsRequest) -> say.RoomsResult:
    """Return how many messages of each channel a user has not read; each is counted up to a hundred."""
    for channel in request.channels:
        caller.touch(channel)
    channels = tuple(dict.fromkeys(request.channels))
    found = await server.node.chat.receipts.rooms(request.user, channels)
    return say.RoomsResult(dict(zip(channels, map(_room, found), strict=True)))


async def people(server: Server, caller: Caller, request: ChannelRequest) -> say.PeopleResult:
    """Return who is in a channel and who was, when, and with which status; over all devices."""
    caller.touch(request.channel)
    found = await server.node.chat.people.of(request.channel)
    return say.PeopleResult({user: described(person) for user, person in found.items()})


async def status(server: Server, caller: Caller, request: ask.StatusRequest) -> Done:
    """Give a user a status in a channel, and show it to the others there."""
    caller.touch(request.channel)
    said = Status(request.state, request.text)
    await server.node.chat.describe(request.channel, ClientInfo(request.user, ""), said)
    return Done()


def _room(room: Room | Refused) -> say.RoomResult:
    if isinstance(room, Refused):
        return say.RoomResult(error=failure_of(room).complaint)
    top = room.top
    return say.RoomResult(room.unread, room.more, room.read, top.offset, top.epoch)


async def _amend(
    server: Server, caller: Caller, amend: Amend, request: ask.AboutMessage
) -> PublishResult:
    caller.touch(amend.channel)
    info = ClientInfo(request.user, "") if request.user else None
    stored = await server.node.chat.amend(amend, Amender(info, program=True))
    return PublishResult(stored.position.offset, stored.position.epoch)
