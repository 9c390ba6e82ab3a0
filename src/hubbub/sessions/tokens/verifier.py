"""From a token to its claims: its signature first, then what it says."""

from __future__ import annotations

import structlog

from hubbub.clock import Clock
from hubbub.errors import ConfigurationError, InvalidToken
from hubbub.sessions.tokens.claims import ConnectionClaims, SubscriptionClaims
from hubbub.sessions.tokens.jwks import KeyServer
from hubbub.sessions.tokens.keys import ALGORITHMS, HMAC, fits, read_keys
from hubbub.sessions.tokens.payload import connection_claims, subscription_claims
from hubbub.sessions.tokens.sealed import unseal
from hubbub.sessions.tokens.settings import TokenSettings

_log = structlog.get_logger(__name__)

SECRET_BYTES = 32
"""A shared secret should have as many bytes as the digest that it is for (RFC 7518 section 3.2)."""


class _Trust:
    """Tell whether a token was signed by somebody we believe.

    Args:
        settings: whom we believe. clock: the time. table: what the settings are called, for messages.

    Raises ConfigurationError for keys that are none.
    """

    def __init__(self, settings: TokenSettings, clock: Clock, table: str) -> None:
        self.settings = settings
        self._clock = clock
        self._believes = settings.configured
        self._keys, faults = read_keys(settings)
        if faults:
            raise ConfigurationError([f"{table}.{name} {words}" for name, words in faults])
        for key in self._keys:
            if isinstance(key.key, bytes) and len(key.key) < SECRET_BYTES:
                _log.warning(f"a secret in [{table}] has fewer than {SECRET_BYTES} bytes")
        self._server = KeyServer(settings, clock) if settings.jwks_url else None

    async def payload(self, token: str) -> bytes:
        """Return what a token says, if its signature is good; wait only for a key server.

        Raises InvalidToken and IdentityUnavailable.
        """
        if not self._believes:
            raise InvalidToken("no token key is configured on this server")
        sealed = unseal(token, self.settings.token_limit)
        algorithm = sealed.algorithm
        if algorithm not in ALGORITHMS:
            raise InvalidToken("its algorithm is not one that proves anything here")
        keys = [key for key in self._keys if key.counts(algorithm, self.now)]
        if any(fits(sealed, key.key) for key in keys):
            return sealed.payload
        if self._server is not None and algorithm not in HMAC:
            if fits(sealed, await self._server.key(sealed.kid, algorithm)):
                return sealed.payload
        elif not keys:
            raise InvalidToken("no key for its algorithm is configured on this server")
        raise InvalidToken("its signature is not that of a key we know")

    @property
    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._clock.epoch_ms() / 1000

    async def close(self) -> None:
        """End what goes on in the background."""
        if self._server is not None:
            await self._server.close()


class Verifier:
    """Tell what tokens say, if they can be believed.

    Args:
        clock: the time.
        tokens: whose connection tokens are believed, and subscription tokens, unless
        subscription_tokens: has a key, which then alone is for those.

    Raises ConfigurationError for keys that are none.
    """

    def __init__(
        self,
        clock: Clock,
        tokens: TokenSettings,
        subscription_tokens: TokenSettings | None = None,
    ) -> None:
        self._connections = self._subscriptions = _Trust(tokens, clock, "tokens")
        if subscription_tokens is not None and subscription_tokens.configured:
            self._subscriptions = _Trust(subscription_tokens, clock, "subscription_tokens")

    async def connection(self, token: str) -> ConnectionClaims:
        """Return what a connection token says. With keys of our own it never waits.

        Raises InvalidToken, ExpiredToken, and IdentityUnavailable where the key server is away.
        """
        trust = self._connections
        return connection_claims(await trust.payload(token), trust.settings, trust.now)

    async def subscription(self, token: str) -> SubscriptionClaims:
        """Return what a subscription token says; it waits and raises as `connection` does."""
        trust = self._subscriptions
        return subscription_claims(await trust.payload(token), trust.settings, trust.now)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._connections.close()
        await self._subscriptions.close()
