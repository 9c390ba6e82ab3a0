"""What a worker's listening socket takes; declared here, because the configuration knows no server."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field

from hubbub.transports.streams.protocol import StreamSettings
from hubbub.transports.websocket.protocol import WebSocketSettings


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """What a worker takes from the network.

    Args:
        connection_cap: connections of all kinds at once; 0 means what RLIMIT_NOFILE allows, less a reserve
            for files and the broker. Above it, 503.
        head_limit: bytes of a request's head; above it, 431.
        head_timeout_s: how long a head may take, from its first byte or the connection's start; then 408.
        body_limit: bytes of a request's body; above it, 413.
        body_timeout_s: how long a body may take, from its first wait; then 408.
        retry_after_s: seconds after which somebody who was turned away should try again.
        trusted_proxies: addresses and networks (`10.0.0.0/8`) of our proxies, whose `X-Forwarded-For` says
            who asks; of everybody else it is not believed.
    """

    connection_cap: int = 0
    head_limit: int = 16 * 1024
    head_timeout_s: float = 10.0
    body_limit: int = 1024 * 1024
    body_timeout_s: float = 60.0
    retry_after_s: int = 5
    trusted_proxies: tuple[str, ...] = ()
    websocket: WebSocketSettings = field(default_factory=WebSocketSettings)
    stream: StreamSettings = field(default_factory=StreamSettings)


OVERFLOW = 64
"""Connections above the cap that are still told why; above that they are dropped."""

_UNLIMITED_FILES = 1_000_000


def default_cap() -> int:
    """Return how many connections the process's file limit has room for."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _UNLIMITED_FILES
    return max(1, files - min(512, max(64, files // 8)) - OVERFLOW)
