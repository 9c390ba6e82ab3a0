"""Keys from a key server: fetched when one is needed, shared by all that wait, kept while it is away."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx
import structlog

from hubbub.clock import Clock
from hubbub.errors import IdentityUnavailable, InvalidToken
from hubbub.sessions.tokens.key_set import KeySet, read_key_set
from hubbub.sessions.tokens.keys import Key
from hubbub.sessions.tokens.settings import TokenSettings

_log = structlog.get_logger(__name__)

_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


class KeyServer:
    """Know the keys of one server.

    A key is known to be missing only by a fetch that ended after somebody asked for it. Between two fetches,
    an unknown one is answered with "try again": its client may be the first that shows a new key.

    Args:
        settings: where it is, and the bounds. clock: the time.
    """

    def __init__(self, settings: TokenSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = httpx.create_ssl_context()
        self._keys: KeySet = {}
        self._fetching: asyncio.Task[None] | None = None
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self.fault = ""
        """Why the last fetch failed; "" where it did not."""

    async def key(self, name: str, algorithm: str) -> Key:
        """Return a key; it waits only where the server must be asked.

        Args:
            name: what the server calls it (`kid`). algorithm: what it must be for.

        Raises InvalidToken where the server has no such key, and IdentityUnavailable where nobody can tell.
        """
        if not name:
            raise InvalidToken("it does not say which key it was signed with (kid)")
        known = name in self._keys
        if not known or not self._fresh:
            fetching = self._fetch()
            if fetching is None and not known:
                raise IdentityUnavailable(self.fault or "its key is not known yet", self._wait_s)
            # While the server is away, nobody waits for it who has a key already.
            if fetching is not None and not (known and self.fault):
                await asyncio.wait([fetching])
        return self._found(name, algorithm)

    def _found(self, name: str, algorithm: str) -> Key:
        algorithms = self._keys.get(name)
        if algorithms is None:
            if self.fault:
                raise IdentityUnavailable(self.fault, self._wait_s)
            raise InvalidToken("the key server does not have the key that it was signed with")
        key = algorithms.get(algorithm)
        if key is None:
            raise InvalidToken("its key is not for its algorithm")
        return key

    @property
    def _fresh(self) -> bool:
        age = None if self._fetched_at is None else self._clock.monotonic() - self._fetched_at
        return age is not None and age < self._settings.jwks_cache_s

    @property
    def _wait_s(self) -> float:
        """Return the seconds until the server may be asked again."""
        if self._tried_at is None:
            return 0.0
        passed = self._clock.monotonic() - self._tried_at
        return max(0.0, self._settings.jwks_interval_s - passed)

    def _fetch(self) -> asyncio.Task[None] | None:
        """Return the fetch that is going on, or begin one; None where it is too early for that."""
        if self._fetching is None and not self._wait_s:
            self._tried_at = self._clock.monotonic()
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
        return self._fetching

    async def _renew(self) -> None:
        """Fetch the keys; whatever goes wrong, the old ones stay."""
        try:
            self._keys = read_key_set(await self._document())
            self._fetched_at = self._clock.monotonic()
            self.fault = ""
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
            self.fault = f"the key server is of no help: {_words(fault)}"
            _log.warning(self.fault, host=httpx.URL(self._settings.jwks_url).host)
        finally:
            self._fetching = None

    async def _document(self) -> bytes:
        settings, document = self._settings, bytearray()
        try:
            async with (
                asyncio.timeout(settings.jwks_timeout_s),
                httpx.AsyncClient(verify=self._tls, timeout=None, headers=_HEADERS) as client,  # noqa: S113
                client.stream("GET", settings.jwks_url) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise ValueError(f"it answers with status {response.status_code}")
                async for chunk in response.aiter_raw():
                    document += chunk
                    if len(document) > settings.jwks_limit:
                        raise ValueError(f"it says more than {settings.jwks_limit} bytes")
        except TimeoutError:
            raise ValueError(f"it takes longer than {settings.jwks_timeout_s:g} s") from None
        return bytes(document)

    async def close(self) -> None:
        """Give up a fetch that is going on."""
        fetching = self._fetching
        if fetching is not None:
            self.fault = "this server stops"
            fetching.cancel()
            await asyncio.wait([fetching])


def _words(fault: Exception) -> str:
    return str(fault) or type(fault).__name__
