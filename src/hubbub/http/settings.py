"""What the HTTP side may be asked, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

SCOPES: Mapping[str, tuple[str, ...]] = {
    "publish": (
        *("publish", "broadcast", "send", "push"),
        *("edit", "delete", "react", "typing", "mark", "status"),
    ),
    "read": (
        *(
            "history",
            "presence",
            "presence_stats",
            "channels",
            "info",
            "receipts",
            "rooms",
            "people",
        ),
        *("groups", "groups_members"),
        *("users", "sessions", "trends"),
    ),
    "inbox": ("inbox_pull", "inbox_ack", "inbox_read", "inbox_unread"),
    "manage": (
        *("subscribe", "unsubscribe", "disconnect", "refresh", "revoke"),
        *("history_remove", "kick", "tag", "trace"),
        *("groups_create", "groups_destroy", "groups_join", "groups_leave"),
    ),
    "rpc": ("rpc",),
}
"""The API's methods by what a key must be good for; a scope is one of these words, or a method's name."""

EVERYTHING = "*"
"""The scope of a key that may do everything."""

WORDS = tuple(dict.fromkeys((EVERYTHING, *SCOPES, *chain.from_iterable(SCOPES.values()))))
"""All that a key's scope may say."""


def scope_of(method: str) -> str:
    """Return the scope that a method belongs to."""
    return next(scope for scope, methods in SCOPES.items() if method in methods)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a program shows, and what it may do then.

    Args:
        name: what logs and metrics call the program. secret: what it shows; never printed.
        scopes: words of `SCOPES`, names of methods, or `*`.
        channels: patterns such as `orders:*`; a method that names a channel may only name one that fits.
            None at all means every channel.
    """

    name: str
    secret: str = field(repr=False)
    scopes: frozenset[str] = frozenset({EVERYTHING})
    channels: tuple[str, ...] = ()


class ErrorMode(StrEnum):
    """How the API tells a program what went wrong."""

    BODY = "body"
    """HTTP 200, and the error in the envelope."""
    TRANSPORT = "transport"
    """An HTTP status, and the bare error."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Say how the API answers, and bound a request.

    Args:
        error_mode: `body` answers errors with HTTP 200 and an envelope, `transport` with an HTTP status. A
            request may choose by the header `X-Error-Mode`.
        key_in_url: whether a key is also taken from the address, as `?api_key=`, which many things log.
        channels_limit: channels of one broadcast, and rows of one page of `channels`, `users` or `sessions`.
        commands_limit: commands of one batch. inbox_limit: messages of one `inbox_pull`.
    """

    error_mode: ErrorMode = ErrorMode.BODY
    key_in_url: bool = False
    channels_limit: int = 10_000
    commands_limit: int = 1000
    inbox_limit: int = 1000


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """Say who may use the admin page beside those who have a key of the API.

    Args:
        password: what somebody may type there instead of a key; "" : nothing. Never printed.
        session_s: seconds after which they are asked again; no longer than `revocations.ttl_s`, for which
            it is remembered who logged out.
    """

    password: str = field(default="", repr=False)
    session_s: int = 12 * 3600


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Say who may use the API, and bound a request.

    Args:
        keys: one of which a program shows. open: whether the API answers without a key where there is none.
        body_limit: bytes of a request's body. payload_limit: bytes of what one publish publishes.
        api: how the API answers.
        emulation_limit: bytes of what a client says at once beside its stream. admin: the admin page.
        origins: whose pages may put ours into a frame, as Content-Security-Policy writes them.
    """

    keys: tuple[ApiKey, ...] = ()
    open: bool = True
    body_limit: int = 1024 * 1024
    payload_limit: int = 256 * 1024
    api: ApiSettings = field(default_factory=ApiSettings)
    emulation_limit: int = 64 * 1024
    admin: AdminSettings = field(default_factory=AdminSettings)
    origins: tuple[str, ...] = ()
