"""Whom the server asks and tells, and how long it bears with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import PlainSerializer, SecretStr, SerializationInfo

from hubbub.sessions.hooks import EventKind


def _write(secret: SecretStr, info: SerializationInfo) -> str:
    reveal = bool(info.context and info.context.get("reveal"))
    return secret.get_secret_value() if reveal or not secret else "***"


Secret = Annotated[SecretStr, PlainSerializer(_write)]
"""A text that is written as `***`, except on the pipe to a worker."""


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Where events go.

    Args:
        url: where they are POSTed ("" : nowhere).
        kinds: which ones.
        age_s: seconds for which telling an event is tried again; then it is lost.
        limit: events that may wait; beyond it the oldest are lost.
        parallel: requests at once; the events of one session or channel are in one of them only.
        flush_s: seconds that a stopping server takes to tell the rest.
    """

    url: str = field(default="", repr=False)
    kinds: tuple[EventKind, ...] = tuple(EventKind)
    age_s: float = 300.0
    limit: int = 50_000
    parallel: int = 8
    flush_s: float = 5.0


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What the Python functions of the application may take.

    Args:
        timeout_s: seconds after which one is given up.
        concurrency: calls of one function at once. queue: calls of it that may wait.
        threads: threads for functions that are not `async`.
    """

    timeout_s: float = 5.0
    concurrency: int = 256
    queue: int = 4096
    threads: int = 16


@dataclass(frozen=True, slots=True)
class HookSettings:
    """Which questions an HTTP backend answers, and what asking may take.

    Args:
        connect: the URL that is asked who a client is ("" : none; so are the others). refresh: the one that
            is asked whether it may stay. subscribe: whether it may follow a channel. publish: what of what it
            says is published. sub_refresh: whether a subscription may last. rpc: the one that answers calls.
        unacknowledged: the one that is told of messages that no device of a user has acknowledged in time.
        timeout_s: seconds that an answer may take, waiting and trying again included.
        retries: how often a question is asked again after the connection failed; `publish` and `rpc` are only
            where it surely never arrived.
        concurrency: questions of one kind at once. queue: questions of it that may wait; above it, 111.
        failures: how often in a row nobody is there, until a URL is left alone (0: never).
        open_s: seconds for which it is.
        answer_limit: bytes of an answer.
        headers: names of the client's headers that are sent along.
        emulated_headers: names of those that a client may also say as it connects (`headers` of the
            Centrifuge protocol), because browsers give WebSockets none of a page's; sent along too.
        static_headers: headers that are sent always; their values are never shown.
        secret: signs what is sent ("" : nothing is signed).
        include_meta: whether the session's `meta` is sent along.
    """

    connect: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    subscribe: str = field(default="", repr=False)
    publish: str = field(default="", repr=False)
    sub_refresh: str = field(default="", repr=False)
    rpc: str = field(default="", repr=False)
    unacknowledged: str = field(default="", repr=False)
    timeout_s: float = 1.0
    retries: int = 1
    concurrency: int = 64
    queue: int = 4096
    failures: int = 10
    open_s: float = 5.0
    answer_limit: int = 256 * 1024
    headers: tuple[str, ...] = ()
    emulated_headers: tuple[str, ...] = ()
    static_headers: dict[str, Secret] = field(default_factory=dict)
    secret: Secret = field(default_factory=lambda: SecretStr(""))
    include_meta: bool = False
    events: EventSettings = field(default_factory=EventSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)

    @property
    def urls(self) -> dict[str, str]:
        """Return the URLs that are asked, by the name of the question."""
        asked = ("connect", "refresh", "subscribe", "publish", "sub_refresh", "rpc")
        names = (*asked, "unacknowledged")
        return {name: url for name in names if (url := getattr(self, name))}
