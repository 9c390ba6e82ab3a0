"""What a session is to channels and to the application: who it is, and what it follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from msgspec import structs

from hubbub.dialects.contract import Dialect, Ended, Push, Renewed, Request, Resync
from hubbub.errors import (
    CLIENT_UNSUBSCRIBED,
    EXPIRED,
    FORCE_RECONNECT,
    INSUFFICIENT_STATE,
    SUBSCRIPTION_INSUFFICIENT,
    Close,
    Unsubscription,
)
from hubbub.hub.permissions.grants import Standing
from hubbub.model import ChannelName, ClientInfo, SessionId
from hubbub.sessions.addresses import new_id
from hubbub.sessions.contract import Connection
from hubbub.sessions.hooks import Client, Event, EventKind, RefreshGrant, unheard
from hubbub.sessions.identity import NOBODY, Identity
from hubbub.sessions.services import Services
from hubbub.sessions.subscription import Consumption, Subscription

HEADER_LIMIT = 8192
"""Characters of a header that a client says; a longer one is not heard."""

_NO_REQUEST = Request()


class Follower:
    """Be somebody who follows channels; the conversation with the client is left to who inherits.

    Args:
        services: what all sessions share. dialect: this client's side of its protocol.
        request: what opened the connection; dropped when nobody needs it any more.
    """

    __slots__ = (
        "_told",
        "carrier",
        "connection",
        "consuming",
        "device",
        "dialect",
        "due",
        "following",
        "gone",
        "held",
        "id",
        "identity",
        "info",
        "peer",
        "request",
        "services",
        "state",
        "write",
    )

    connection: Connection
    write: Callable[[bytes], None]

    def __init__(self, services: Services, dialect: Dialect, request: Request | None) -> None:
        self.services = services
        self.dialect = dialect
        self.id: SessionId = new_id(services.node)
        self.info = ClientInfo("", self.id)
        self.identity = NOBODY
        self.request = request
        opening = request or _NO_REQUEST
        self.carrier, self.peer = opening.carrier, opening.peer
        """What carries it, and where it comes from; known when the rest of the request is not any more."""
        self.device = opening.query.get("device")
        """Which of its user's devices it is, where its address says so."""
        self.consuming: dict[str, Consumption] | None = None
        """What it takes messages from, by what the client calls that; None where it never did."""
        self.gone = False
        """Whether nothing may be said any more."""
        self.held: list[bytes | Push] | None = []
        """What comes behind the answer to the introduction; None once that is given."""
        self.write = self.held.append
        self.following: dict[ChannelName, Subscription | None] = {}
        """What is followed, and how; None while it is on its way."""
        self.due = 0
        self.state: dict[str, object] | None = None
        """What the application notes about it; None until it is asked anything."""
        self._told = 0
        """Events that the application was told of."""

    def push(self, push: Push) -> None:
        """Say something to this client alone."""
        raise NotImplementedError

    def end(self, close: Close) -> None:
        """Close the connection, and leave everything at once."""
        raise NotImplementedError

    # ── who it is ───────────────────────────────────────────────────────────────────────────────

    def emulate(self, headers: Mapping[str, str]) -> None:
        """Take what a client says for headers of its request, as far as the application allows it.

        What the request itself says counts more, and by which header a proxy says who a client is, that no
        client can say.
        """
        hooks, settings = self.services.hooks, self.services.gate.settings
        allowed = hooks.emulated - {settings.user_header.lower()}
        said = {name.lower(): value for name, value in headers.items()}
        known = {
            name: said[name] for name in allowed & said.keys() if len(said[name]) <= HEADER_LIMIT
        }
        if known:
            request = self.request or _NO_REQUEST
            self.request = replace(request, headers={**known, **request.headers})

    def become(self, identity: Identity) -> None:
        """Be somebody."""
        self.identity = identity
        self.info = ClientInfo(identity.user, self.id, identity.info)
        self.services.registry.know(identity.user, self)
        if not self.services.keeps_requests:
            self.request = None
        self.services.expiry.note(self)

    def renew(self, grant: RefreshGrant) -> None:
        """Stay as long as a grant says, or end."""
        left_s = self.services.expiry.left_s(grant.expire_at) if grant.expire_at else None
        if grant.expired or (left_s is not None and left_s <= 0):
            self.end(EXPIRED)
        elif not self.gone:
            self.become(self.identity.renewed(grant))
            self.push(Renewed(left_s))

    def client(self) -> Client:
        """Return the session as hooks see it."""
        request, info = self.request or _NO_REQUEST, self.info
        if self.state is None:
            self.state = {}
        return Client(
            self.id,
            info.user,
            self.dialect.renderer.name,
            self.carrier,
            self.peer,
            request.headers,
            info.conn_info,
            self.identity.meta,
            request.scope,
            request.query,
            self.state,
        )

    def tell(
        self, kind: EventKind, code: int, reason: str, channel: ChannelName = "", info: bytes = b""
    ) -> None:
        """Tell the application what happened, if it wants to know; `info` is what a channel saw of it."""
        services = self.services
        if services.events is unheard:
            return
        self._told += 1
        now = services.clock.epoch_ms()
        client = self.client()
        event = Event(kind, self.id, self._told, now, channel, client, code, reason, info)
        services.events(event)

    # ── what it follows ─────────────────────────────────────────────────────────────────────────

    def standing(self, channel: ChannelName) -> Standing:
        """Return what the session is in a channel."""
        subscribed = self.following.get(channel) is not None
        return Standing(self.info.user, subscribed, self.identity.permissions)

    def info_in(self, channel: ChannelName) -> ClientInfo:
        """Return who the session is to the members of a channel."""
        subscription = self.following.get(channel)
        if subscription is None or not subscription.grant.info:
            return self.info
        return structs.replace(self.info, chan_info=subscription.grant.info)

    def is_seen_in(self, channel: ChannelName) -> bool:
        """Tell whether the members of a channel may know of the session."""
        subscription = self.following.get(channel)
        return subscription is None or subscription.grant.override.presence is not False

    def leave(self, channel: ChannelName, why: Unsubscription = CLIENT_UNSUBSCRIBED) -> None:
        """Follow a channel no more, if it is followed; what is on its way keeps its place, and comes."""
        subscription = self.following.get(channel)
        if subscription is not None:
            info, seen = self.info_in(channel), self.is_seen_in(channel)
            del self.following[channel]
            self.services.hub.detach(info, channel, subscription.encoding, seen=seen)
            self.tell(EventKind.UNSUBSCRIBED, why.code, why.reason, channel, info.chan_info)

    def leave_all(self, why: Unsubscription) -> None:
        """Follow nothing any more."""
        for channel in list(self.following):
            self.leave(channel, why)

    def drop(self, channel: ChannelName, why: Unsubscription) -> None:
        """End a subscription because the server wants it, and say so."""
        if channel not in self.following:
            return
        if self.following[channel] is None:  # it is being made: whoever comes back is judged anew
            self.end(FORCE_RECONNECT)
            return
        self.leave(channel, why)
        self.push(Ended(channel, why.code, why.reason))

    def move(self, connection: Connection) -> None:
        """Go on over another connection; nothing may be on its way to be followed."""
        services = self.services
        self.connection, self.write = connection, connection.write
        self.carrier = "websocket"  # nothing else takes a session over
        for channel, subscription in self.following.items():
            if subscription is not None:
                encoding = services.encodings.reframed(subscription.encoding, connection.frame)
                services.hub.recode(self, channel, subscription.encoding, encoding)
                self.following[channel] = subscription.shown_by(encoding)

    def prolong(self, channel: ChannelName, expire_at: int, info: bytes) -> None:
        """Follow a channel until another time (unix seconds; 0: for ever)."""
        subscription = self.following.get(channel)
        if subscription is not None:
            self.following[channel] = subscription.until(expire_at, info)
            self.services.expiry.note(self)

    def resync(self, resync: Resync) -> None:
        """Tell that publications of a channel may be missing, as the dialect does."""
        subscription = self.following.get(resync.channel)
        if self.dialect.ends_on_resync:
            if subscription is not None and subscription.server_side:
                self.end(INSUFFICIENT_STATE)
                return
            self.leave(resync.channel, SUBSCRIPTION_INSUFFICIENT)
        self.push(resync)
