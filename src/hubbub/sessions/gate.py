"""The gate: who comes in, on whose word, and whose word lets somebody follow a channel.

A connection is somebody's on the word of the first of these that has one:

1. its token, where a token key is configured,
2. the application's connect hook, which may also say that it does not know the client,
3. the header that a proxy in front sets,
4. the client itself, on an open server,
5. nobody, where anonymous clients may come in.

A subscription is granted by its token, or else by the subscribe hook of its namespace, or else by the table
in `hub.grants`. The first of them that is there decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hubbub.clock import Clock
from hubbub.dialects.contract import Connect, Request, Subscribe
from hubbub.errors import (
    BAD_REQUEST,
    EXPIRED,
    INVALID_TOKEN,
    NOT_AVAILABLE,
    PERMISSION_DENIED,
    TOKEN_EXPIRED,
    Close,
    ExpiredToken,
    HookUnavailable,
    InvalidToken,
    ProtocolViolation,
    Refused,
)
from hubbub.hub.permissions.grants import Standing, allow
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import apart
from hubbub.model import ChannelName, ClientInfo, SessionId, UserId
from hubbub.sessions.hooks import Client, ConnectAsk, Hooks, SubscribeAsk, SubscribeGrant
from hubbub.sessions.identity import Admission, Identity, admitted
from hubbub.sessions.tags import check_tags
from hubbub.sessions.tokens.claims import ConnectionClaims, SubscriptionClaims
from hubbub.sessions.users import is_user_name

NO_CREDENTIALS = Close(BAD_REQUEST.code, "no credentials, and anonymous clients may not connect")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Say on whose word a client is somebody.

    Args:
        anonymous: whether clients without credentials may connect to a closed server.
        user_header: the header in which a proxy in front of the server tells who the user is; only for
            servers that nobody reaches around that proxy ("" : none).
        personal_channel: whether every user follows its own channel, `#` and its name, from the start.
    """

    anonymous: bool = False
    user_header: str = ""
    personal_channel: bool = False


class Tokens(Protocol):
    """Verify tokens. Neither waits unless a key has to be fetched.

    Both raise InvalidToken, ExpiredToken, or IdentityUnavailable where a key cannot be had now.
    """

    async def connection(self, token: str) -> ConnectionClaims:
        """Return what a connection token says."""
        ...

    async def subscription(self, token: str) -> SubscriptionClaims:
        """Return what a subscription token says."""
        ...


class Revoked(Protocol):
    """Remember what was revoked."""

    def check(self, user: UserId, token_id: str, issued_at: int, session: SessionId) -> bool:
        """Tell whether a token, or all older tokens of a user, or a session were revoked."""
        ...


class Applicant(Protocol):
    """A session as the gate sees it."""

    id: SessionId
    info: ClientInfo
    request: Request | None

    def client(self) -> Client:
        """Return it as hooks see it."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """Decide who comes in.

    Args:
        settings: on whose word. trusting: whether an open server believes claimed names. hooks: the
            application. clock: the time. tokens: None where no key is configured for connections.
        channel_tokens: None where none is for subscriptions. revoked: None where nothing is ever revoked.
    """

    settings: AccessSettings
    hooks: Hooks
    clock: Clock
    trusting: bool = False
    tokens: Tokens | None = None
    channel_tokens: Tokens | None = None
    revoked: Revoked | None = None

    async def admit(self, connect: Connect, who: Applicant) -> Admission:
        """Return who a client is.

        Raises ProtocolViolation (3500, 3501) for somebody who may not come in, Refused (109) for an expired
        token, and what the connect hook raises.
        """
        if connect.token and self.tokens is not None:
            return await self._by_token(self.tokens, connect.token, who.id)
        if self.hooks.connect is not None:
            grant = await apart(self.hooks.connect(_ask(connect, who.client())))
            if grant is not None:
                if not is_user_name(grant.user):
                    raise HookUnavailable("it named a user who is not printable, or too long")
                try:
                    check_tags(grant.tags)
                except Refused as fault:
                    raise HookUnavailable(str(fault)) from None
                return admitted(grant)
        if connect.token:
            raise ProtocolViolation(INVALID_TOKEN, "no token key is configured on this server")
        headers = who.request.headers if who.request is not None else {}
        user = headers.get(self.settings.user_header.lower(), "")
        if not user and self.trusting:
            user = connect.user
        if not is_user_name(user):
            raise ProtocolViolation(INVALID_TOKEN, "a user name is printable and not too long")
        if not (user or self.trusting or self.settings.anonymous):
            raise ProtocolViolation(NO_CREDENTIALS)
        return Admission(Identity(user)) if user else Admission()

    async def _by_token(self, tokens: Tokens, token: str, session: SessionId) -> Admission:
        try:
            claims = await tokens.connection(token)
        except ExpiredToken:
            raise Refused(TOKEN_EXPIRED) from None
        except InvalidToken as fault:
            raise ProtocolViolation(INVALID_TOKEN, fault.detail) from None
        self._check_revoked(claims, claims.grant.user, session)
        return admitted(
            claims.grant, by_token=True, issued_at=claims.issued_at, token_id=claims.token_id
        )

    async def renew(self, identity: Identity, token: str, who: Applicant) -> Identity:
        """Return who a client is by a newer token.

        Raises ProtocolViolation (3500; 3005 for one that has expired too), or Refused (108) where the client
        had none before.
        """
        if self.tokens is None or not identity.by_token:
            raise Refused(NOT_AVAILABLE, "this connection did not begin with a token")
        try:
            newer = (await self._by_token(self.tokens, token, who.id)).identity
        except Refused:
            raise ProtocolViolation(EXPIRED) from None
        if newer.user != identity.user:
            raise ProtocolViolation(INVALID_TOKEN, "the token is another user's")
        return newer

    async def open_channel(
        self, command: Subscribe, namespace: Namespace, who: Applicant, standing: Standing
    ) -> SubscribeGrant:
        """Return how a client may follow a channel.

        Raises Refused (103, 109), ProtocolViolation (3500) for a token that is not for this client and
        channel, and what the subscribe hook raises.
        """
        if command.token:
            return await self.by_subscription_token(command.channel, command.token, who)
        if namespace.subscribe_hook:
            if self.hooks.subscribe is None:
                raise Refused(NOT_AVAILABLE, "the application has no subscribe hook")
            ask = SubscribeAsk(who.client(), command.channel, command.token, command.data)
            return await apart(self.hooks.subscribe(ask))
        allow(namespace, command.channel, Operation.SUBSCRIBE, standing)
        return SubscribeGrant()

    async def by_subscription_token(
        self, channel: ChannelName, token: str, who: Applicant
    ) -> SubscribeGrant:
        """Return what a subscription token grants. Raises as `open_channel` does."""
        if self.channel_tokens is None:
            raise Refused(PERMISSION_DENIED, "no token key is configured on this server")
        try:
            claims = await self.channel_tokens.subscription(token)
        except ExpiredToken:
            raise Refused(TOKEN_EXPIRED) from None
        except InvalidToken as fault:
            raise Refused(PERMISSION_DENIED, fault.detail) from None
        if claims.user != who.info.user or claims.client not in {"", who.id}:
            raise ProtocolViolation(INVALID_TOKEN, "the token is another client's")
        if claims.channel != channel:
            raise ProtocolViolation(INVALID_TOKEN, "the token is for another channel")
        self._check_revoked(claims, claims.user, who.id)
        return claims.grant

    def _check_revoked(
        self, claims: ConnectionClaims | SubscriptionClaims, user: UserId, session: SessionId
    ) -> None:
        revoked = self.revoked
        if revoked and revoked.check(user, claims.token_id, claims.issued_at, session):
            raise ProtocolViolation(INVALID_TOKEN, "the token was revoked")


def _ask(connect: Connect, client: Client) -> ConnectAsk:
    return ConnectAsk(
        client, connect.token, connect.data, connect.name, connect.version, tuple(connect.subs)
    )
