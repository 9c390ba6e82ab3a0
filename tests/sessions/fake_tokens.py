"""Tokens that say what they are: the real ones are tested in `tests/sessions/tokens`."""

from __future__ import annotations

from hubbub.errors import ExpiredToken, InvalidToken
from hubbub.sessions.hooks import ConnectGrant, SubscribeGrant
from hubbub.sessions.tokens.claims import ConnectionClaims, SubscriptionClaims


class FakeTokens:
    """Know some tokens by heart (`sessions.gate.Tokens`); "old" has expired, others prove nothing."""

    def __init__(
        self,
        connections: dict[str, ConnectGrant] | None = None,
        subscriptions: dict[str, SubscriptionClaims] | None = None,
    ) -> None:
        self.connections = connections or {}
        self.subscriptions = subscriptions or {}

    async def connection(self, token: str) -> ConnectionClaims:
        if token == "old":
            raise ExpiredToken
        if token not in self.connections:
            raise InvalidToken("the signature is wrong")
        return ConnectionClaims(self.connections[token], token_id=token)

    async def subscription(self, token: str) -> SubscriptionClaims:
        if token == "old":
            raise ExpiredToken
        if token not in self.subscriptions:
            raise InvalidToken("the signature is wrong")
        return self.subscriptions[token]


def claims(
    channel: str, user: str = "ann", client: str = "", **grant: object
) -> SubscriptionClaims:
    """Return what a token for one channel says."""
    return SubscriptionClaims(user, channel, client, SubscribeGrant(**grant))  # type: ignore[arg-type]
