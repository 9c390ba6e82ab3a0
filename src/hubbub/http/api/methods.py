"""The table of methods: what each takes, gives and does; calls, batches and the document are made from it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from hubbub.dialects.nulls import decode_lenient
from hubbub.dialects.payloads import decode_json
from hubbub.http.api import (
    application,
    channels,
    chats,
    groups,
    inbox,
    nodes,
    pushes,
    roll,
    sessions,
    tracing,
)
from hubbub.http.api import chat_requests as chat
from hubbub.http.api import chat_results as chat_say
from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.server import Server
from hubbub.hub.inbox import answers

Run = Callable[[Server, Caller, Any], Awaitable[Struct]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Args:
        run: does it; its docstring is the method's description. request, result: its two sides.
        example: a request that any server without keys takes, where the channel has a message to be about.
    """

    run: Run
    request: type[Struct]
    result: type[Struct]
    example: Mapping[str, object]
    decoder: msgspec.json.Decoder[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoder", msgspec.json.Decoder(self.request))

    @property
    def summary(self) -> str:
        """Return what it does, in a sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """Return what else there is to say."""
        return inspect.cleandoc((self.run.__doc__ or "").partition("\n")[2])

    def read(self, body: bytes) -> Struct:
        """Return the request in a body, where null is as good as nothing. Raises msgspec.DecodeError."""
        request: Struct = decode_lenient(partial(decode_json, self.decoder), body)
        return request


_NEWS = {"channel": "news"}
_FIRST = {**_NEWS, "offset": 1}
_ZHANG = {"user": "zhang"}
_TEAM = {"group": "team"}

METHODS: Mapping[str, Method] = {
    "publish": Method(
        channels.publish,
        ask.PublishRequest,
        say.PublishResult,
        {**_NEWS, "data": {"title": "Rain"}, "idempotency_key": "rain-1"},
    ),
    "broadcast": Method(
        channels.broadcast,
        ask.BroadcastRequest,
        say.BroadcastResult,
        {"channels": ["news", "sport"], "data": {"title": "Rain"}},
    ),
    "edit": Method(
        chats.edit, chat.EditRequest, say.PublishResult, {**_FIRST, "data": {"title": "Sun"}}
    ),
    "delete": Method(chats.delete, chat.DeleteRequest, say.PublishResult, _FIRST),
    "react": Method(
        chats.react, chat.ReactRequest, say.PublishResult, {**_FIRST, **_ZHANG, "reaction": "👍"}
    ),
    "mark": Method(
        chats.mark, chat.MarkRequest, chat_say.MarkResult, {**_NEWS, **_ZHANG, "read": 1}
    ),
    "receipts": Method(chats.receipts, ask.ChannelRequest, chat_say.ReceiptsResult, _NEWS),
    "rooms": Method(
        chats.rooms, chat.RoomsRequest, chat_say.RoomsResult, {**_ZHANG, "channels": ["news"]}
    ),
    "people": Method(chats.people, ask.ChannelRequest, chat_say.PeopleResult, _NEWS),
    "status": Method(
        chats.status, chat.StatusRequest, say.Done, {**_NEWS, **_ZHANG, "state": "away"}
    ),
    "typing": Method(chats.typing, chat.TypingRequest, say.Done, {**_NEWS, **_ZHANG}),
    "history": Method(
        channels.history,
        ask.HistoryRequest,
        say.HistoryResult,
        {**_NEWS, "limit": 10, "reverse": True},
    ),
    "history_remove": Method(
        channels.history_remove, ask.ChannelRequest, say.HistoryRemoveResult, _NEWS
    ),
    "presence": Method(channels.presence, ask.ChannelRequest, say.PresenceResult, _NEWS),
    "presence_stats": Method(
        channels.presence_stats, ask.ChannelRequest, say.PresenceStatsResult, _NEWS
    ),
    "subscribe": Method(
        sessions.subscribe, ask.SubscribeRequest, say.MetResult, {**_ZHANG, **_NEWS}
    ),
    "unsubscribe": Method(
        sessions.unsubscribe, ask.UnsubscribeRequest, say.MetResult, {**_ZHANG, **_NEWS}
    ),
    "disconnect": Method(
        sessions.disconnect,
        ask.DisconnectRequest,
        say.MetResult,
        {**_ZHANG, "disconnect": {"code": 4500, "reason": "you were banned"}},
    ),
    "refresh": Method(
        sessions.refresh, ask.RefreshRequest, say.MetResult, {**_ZHANG, "expire_at": 2**32}
    ),
    "revoke": Method(sessions.revoke, ask.RevokeRequest, say.Done, _ZHANG),
    "push": Method(
        pushes.push,
        pushes.PushRequest,
        pushes.ReachResult,
        {**_ZHANG, "event": "news", "data": {"title": "Rain"}},
    ),
    "kick": Method(
        pushes.kick,
        pushes.KickRequest,
        pushes.ReachResult,
        {**_ZHANG, "disconnect": {"code": 4500, "reason": "you were banned"}},
    ),
    "tag": Method(pushes.tag, pushes.TagRequest, pushes.ReachResult, {**_ZHANG, "add": ["beta"]}),
    "groups_create": Method(groups.create, groups.GroupRequest, say.Done, _TEAM),
    "groups_join": Method(
        groups.join, groups.MemberRequest, groups.JoinResult, {**_TEAM, **_ZHANG}
    ),
    "groups_leave": Method(groups.leave, groups.MemberRequest, say.Done, {**_TEAM, **_ZHANG}),
    "groups_destroy": Method(groups.destroy, groups.GroupRequest, groups.DestroyResult, _TEAM),
    "groups_members": Method(groups.members, groups.GroupRequest, groups.MembersResult, _TEAM),
    "groups": Method(groups.names, groups.GroupsRequest, groups.GroupsResult, {"prefix": "te"}),
    "rpc": Method(application.rpc, ask.RpcRequest, say.RpcResult, {"method": "now", "params": {}}),
    "channels": Method(
        channels.channels,
        ask.ChannelsRequest,
        say.ChannelsResult,
        {"pattern": "news*", "limit": 100},
    ),
    "send": Method(
        inbox.send,
        inbox.SendRequest,
        answers.SendResult,
        {**_ZHANG, "sender": "li", "data": {"text": "Hello"}, "idempotency_key": "hello-1"},
    ),
    "inbox_pull": Method(
        inbox.inbox_pull, inbox.InboxPullRequest, answers.PullResult, {**_ZHANG, "take": True}
    ),
    "inbox_ack": Method(
        inbox.inbox_ack, inbox.InboxAckRequest, answers.AckResult, {**_ZHANG, "device": "phone"}
    ),
    "inbox_read": Method(
        inbox.inbox_read, inbox.InboxReadRequest, answers.PositionResult, {**_ZHANG, "upto": 0}
    ),
    "inbox_unread": Method(
        inbox.inbox_unread, inbox.InboxUserRequest, answers.UnreadResult, _ZHANG
    ),
    "users": Method(
        roll.users, ask.UsersRequest, say.UsersResult, {"pattern": "zh*", "limit": 100}
    ),
    "sessions": Method(
        roll.sessions, ask.SessionsRequest, say.SessionsResult, {**_ZHANG, "limit": 100}
    ),
    "trace": Method(tracing.trace, tracing.TraceRequest, tracing.TraceResult, _ZHANG),
    "info": Method(nodes.info, ask.InfoRequest, say.InfoResult, {}),
    "trends": Method(nodes.trends, ask.TrendsRequest, say.TrendsResult, {}),
}
"""The methods by name."""
