"""Who calls: the keys that programs show, compared in constant time, and what each may do."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request

from hubbub.errors import PERMISSION_DENIED, UNAUTHORIZED, ErrorCode, Refused
from hubbub.http.settings import EVERYTHING, ApiKey, HttpSettings, scope_of
from hubbub.hub.permissions.permission import matches
from hubbub.model import ChannelName


class Barred(Exception):
    """Report that a request is turned away before it is read."""

    def __init__(self, status: int, error: ErrorCode, detail: str) -> None:
        super().__init__(status, error, detail)
        self.status = status
        self.error = error
        self.detail = detail


class Forbidden(Refused):
    """Report that a key is not good for what was asked."""

    def __init__(self, detail: str) -> None:
        super().__init__(PERMISSION_DENIED, detail)


class Caller:
    """A program, as its key has it.

    Args:
        key: what it showed.
    """

    __slots__ = ("_scopes", "channels", "name")

    def __init__(self, key: ApiKey) -> None:
        self.name = key.name
        self._scopes = key.scopes
        self.channels = key.channels
        """Patterns of the channels that it may name; all, where there are none."""

    def may(self, method: str) -> None:
        """Return when it may call `method`. Raises Forbidden, which names the scope that lacks."""
        if not self.is_good_for(method):
            scope = scope_of(method)
            raise Forbidden(f"key {self.name!r} lacks the scope {scope!r}, which {method} needs")

    def is_good_for(self, method: str) -> bool:
        """Tell whether it may call `method`."""
        return bool(self._scopes & {EVERYTHING, scope_of(method), method})

    def reaches(self, channel: ChannelName) -> bool:
        """Tell whether it may name `channel`."""
        return not self.channels or any(matches(each, channel) for each in self.channels)

    def touch(self, channel: ChannelName) -> None:
        """Return when it may name `channel`. Raises Forbidden."""
        if not self.reaches(channel):
            patterns = ", ".join(self.channels)
            raise Forbidden(f"key {self.name!r} is good for the channels {patterns} only")

    def touch_all(self) -> None:
        """Return when it may name every channel, and so what is in none. Raises Forbidden."""
        if self.channels:
            raise Forbidden(f"key {self.name!r} is not good for all channels")


ANYBODY = Caller(ApiKey("anybody", ""))
"""Whoever calls an open server that has no keys."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a key opens: `digest` is all that is kept of the secret."""

    digest: bytes = field(repr=False)
    caller: Caller


class Keyring:
    """Know all keys of a server.

    Args:
        settings: the keys, and what holds where there are none.
    """

    __slots__ = ("_in_url", "_locks", "_open")

    def __init__(self, settings: HttpSettings) -> None:
        self._locks = [Lock(_digest(key.secret), Caller(key)) for key in settings.keys]
        self._open = settings.open
        self._in_url = settings.api.key_in_url

    def admit(self, request: Request) -> Caller:
        """Return who sends a request. Raises Barred (401, 403), as fast for one wrong key as for another."""
        if not self._locks:
            return self._stranger(request)
        shown = self._shown(request)
        if not shown:
            raise Barred(401, UNAUTHORIZED, self._advice(request))
        lock = self.try_secret(shown)
        if lock is None:
            raise Barred(401, UNAUTHORIZED, "this key is not known here")
        return lock.caller

    @property
    def has_keys(self) -> bool:
        """Tell whether anybody has to show one."""
        return bool(self._locks)

    def try_secret(self, secret: str) -> Lock | None:
        """Return what a secret opens, None where it is no key; all wrong ones take the same time."""
        given = _digest(secret)
        # All are compared, whichever fits: how long it takes tells nothing.
        found = [lock for lock in self._locks if hmac.compare_digest(lock.digest, given)]
        return found[0] if found else None

    def named(self, name: str) -> Lock | None:
        """Return the lock of the key with a name."""
        return next((lock for lock in self._locks if lock.caller.name == name), None)

    def _stranger(self, request: Request) -> Caller:
        if not self._open:
            raise Barred(401, UNAUTHORIZED, "the API is closed until api_keys has a key")
        demand_own_page(request)
        return ANYBODY

    def _shown(self, request: Request) -> str:
        if header := request.headers.get("x-api-key", ""):
            return header
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "apikey" and (credentials := credentials.strip()):
            return credentials
        return request.query_params.get("api_key", "") if self._in_url else ""

    def _advice(self, request: Request) -> str:
        advice = "show a key as X-API-Key, or as Authorization: apikey KEY"
        if "api_key" in request.query_params:
            return f"{advice}; one in the address is logged by many, and not taken here"
        return advice


def _digest(secret: str) -> bytes:
    """Return something of one length for secrets of any."""
    return sha256(secret.encode()).digest()


def demand_own_page(request: Request) -> None:
    """Return when no page of another origin sent this. Raises Barred (403).

    Every page can reach an open API on loopback, and has the browser send its cookies.
    """
    if not _same_origin(request):
        raise Barred(403, PERMISSION_DENIED, "pages of other origins may not use it")


def _same_origin(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") not in {"cross-site", "same-site"}
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        return False
