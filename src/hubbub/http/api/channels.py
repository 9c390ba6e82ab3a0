"""The methods about channels: publishing, history, presence."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from msgspec import UnsetType

from hubbub.brokers.contract import Stored
from hubbub.errors import (
    BAD_REQUEST_ERROR,
    NOT_AVAILABLE,
    BrokerUnavailable,
    Refused,
)
from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.census import Search
from hubbub.http.api.envelope import failure_of
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import bytes_of, text_of
from hubbub.http.api.server import Server
from hubbub.hub.chats.mentions import mentioned
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, Kind, Position

WINDOW = 256
"""Publishes of one broadcast that wait for the broker together; after so many, others get a turn."""
WINDOW_BYTES = 8 * 1024 * 1024
"""Payload bytes of them, at most."""


class _Payload(NamedTuple):
    data: bytes
    kind: Kind


async def publish(server: Server, caller: Caller, request: ask.PublishRequest) -> say.PublishResult:
    """Publish to a channel; answered when the broker has it."""
    stored = await _publish(server, caller, request, _payload(server, request), request.channel)
    return say.PublishResult(stored.position.offset, stored.position.epoch)


async def broadcast(
    server: Server, caller: Caller, request: ask.BroadcastRequest
) -> say.BroadcastResult:
    """Publish the same to many channels; each has its own result or error, in their order."""
    channels, most = request.channels, server.node.settings.api.channels_limit
    if len(channels) > most:
        raise Refused(BAD_REQUEST_ERROR, f"a broadcast goes to {most} channels at most")
    payload = _payload(server, request)
    window = max(1, min(WINDOW, WINDOW_BYTES // (len(payload.data) + 1)))
    responses: list[say.Response] = []
    for first in range(0, len(channels), window):
        waiting = [
            start(_attempt(server, caller, request, payload, channel))
            for channel in channels[first : first + window]
        ]
        responses += await asyncio.gather(*waiting)
        await asyncio.sleep(0)  # an embedded broker never waits, but others must get a turn
    return say.BroadcastResult(responses)


async def _attempt(
    server: Server, caller: Caller, said: ask.Message, payload: _Payload, channel: ChannelName
) -> say.Response:
    try:
        stored = await _publish(server, caller, said, payload, channel)
    except (Refused, BrokerUnavailable) as fault:
        return say.Response(error=failure_of(fault).complaint)
    return say.Response(say.PublishResult(stored.position.offset, stored.position.epoch))


def _publish(
    server: Server, caller: Caller, said: ask.Message, payload: _Payload, channel: ChannelName
) -> asyncio.Future[Stored]:
    caller.touch(channel)
    hub = server.node.hub
    namespace = hub.namespaces.resolve(channel)
    users = mentioned(namespace, channel, payload.data, payload.kind, None)
    stored = hub.publish(
        channel,
        payload.data,
        payload.kind,
        tags=said.tags,
        key=said.idempotency_key,
        skip_history=said.skip_history,
    )
    return server.node.chat.mentions.after(stored, users, channel, None)


def _payload(server: Server, said: ask.Message) -> _Payload:
    """Return what is to be published. Raises Refused (107, 108)."""
    if said.version:
        raise Refused(NOT_AVAILABLE, "no versions of publications are kept here")
    if said.b64data:
        payload = _Payload(bytes_of("b64data", said.b64data), Kind.BINARY)
    elif isinstance(said.data, UnsetType):
        raise Refused(BAD_REQUEST_ERROR, "a publish has data or b64data")
    else:
        payload = _Payload(text_of(said.data), Kind.JSON)
    limit = server.node.settings.payload_limit
    tags = (said.tags or {}).items()
    if len(payload.data) + sum(len(name) + len(value) for name, value in tags) > limit:
        raise Refused(BAD_REQUEST_ERROR, f"the data is larger than {limit} bytes")
    return payload


async def history(server: Server, caller: Caller, request: ask.HistoryRequest) -> say.HistoryResult:
    """Return a page of a channel's history."""
    caller.touch(request.channel)
    since = None if request.since is None else Position(request.since.epoch, request.since.offset)
    page = await server.node.hub.history(request.channel, request.limit, since, request.reverse)
    kept = [say.kept(publication) for publication in page.publications]
    return say.HistoryResult(kept, page.position.offset, page.position.epoch)


async def history_remove(
    server: Server, caller: Caller, request: ask.ChannelRequest
) -> say.HistoryRemoveResult:
    """Forget a channel's history, also for those who come back; offsets go on."""
    caller.touch(request.channel)
    return say.HistoryRemoveResult(await server.oblivion.forget(request.channel))


async def presence(
    server: Server, caller: Caller, request: ask.ChannelRequest
) -> say.PresenceResult:
    """Return who is in a channel, on all nodes."""
    caller.touch(request.channel)
    members = await server.node.hub.members(request.channel)
    return say.PresenceResult({each: say.member(members[each]) for each in members})


async def presence_stats(
    server: Server, caller: Caller, request: ask.ChannelRequest
) -> say.PresenceStatsResult:
    """Return how many are in a channel, on all nodes."""
    caller.touch(request.channel)
    members = await server.node.hub.members(request.channel)
    users = {info.user for info in members.values()}
    return say.PresenceStatsResult(len(members), len(users))


async def channels(
    server: Server, caller: Caller, request: ask.ChannelsRequest
) -> say.ChannelsResult:
    """Return the channels that somebody follows, on all nodes, in the order of their names.

    A page has a `cursor` where another one follows. A key that is good for some channels sees only those.
    """
    most = server.node.settings.api.channels_limit
    limit = min(request.limit or most, most)
    page = await server.census.channels(
        Search(request.pattern, caller.channels, request.cursor, limit)
    )
    found = {name: say.ChannelInfo(count) for name, count in page.channels.items()}
    return say.ChannelsResult(found, page.cursor, page.missing)
