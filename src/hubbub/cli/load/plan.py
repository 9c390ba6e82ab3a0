"""What a load run is to do, and where: settings as values, checked before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from hubbub.cli.load.speech import SPEECHES, Speech

CHANNEL_PLACE = "{channel}"
MESSAGE_MIN = 64
"""Bytes that a message's own account needs at most, so that every message of a run has one size."""


class LoadError(Exception):
    """Say in one sentence why a run cannot begin, or cannot go on."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the connections go, and what is spoken there.

    `path` may hold `{channel}`, which each connection fills with its channel.
    """

    host: str
    port: int
    tls: bool
    path: str
    speech: Speech

    def resource(self, channel: str) -> str:
        """Return the request target of a connection that wants `channel`."""
        return self.path.replace(CHANNEL_PLACE, quote(channel, safe=""))

    def __str__(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://{self.host}:{self.port}{self.path}"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who connects: `connections` spread evenly over `rooms`, `publishers` of each room speak."""

    connections: int
    rooms: int
    publishers: int
    channel: str

    def room_of(self, number: int) -> int:
        """Return the room of a connection."""
        return number % self.rooms

    def channel_of(self, room: int) -> str:
        """Return the name of a room's channel."""
        return self.channel if self.rooms == 1 else f"{self.channel}-{room}"

    def speaks(self, number: int) -> bool:
        """Tell whether a connection publishes."""
        return number // self.rooms < self.publishers


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is published, and how long.

    Args:
        rate: publications per second over all publishers (open loop); 0 for a closed loop.
        in_flight: publications that each publisher keeps on their way (closed loop).
        seconds: how long to publish, at most.
        messages: how many to publish, at most; 0 leaves the time as the only bound.
        size: bytes of each message.
        grace_s: seconds without any delivery after which what is missing counts as lost.
    """

    rate: float
    in_flight: int
    seconds: float
    messages: int
    size: int
    grace_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run."""

    target: Target
    crowd: Crowd
    pace: Pace
    connect_s: float = 60.0
    """Seconds in which all connections must be open and in their channels."""


def target_of(url: str, protocol: str, rooms: int) -> Target:
    """Read a WebSocket URL; without a path it is the protocol's own on that server.

    Raises LoadError with a sentence about what is wrong with the URL or does not fit it.
    """
    parts = urlsplit(url if "://" in url else f"ws://{url}")
    if parts.scheme not in {"ws", "wss", "http", "https"} or not parts.hostname:
        raise LoadError(f"{url!r} is not a WebSocket URL; it should look like ws://localhost:8000")
    try:
        port = parts.port
    except ValueError:
        raise LoadError(f"{url!r} has no valid port; it must be 1 to 65535") from None
    tls = parts.scheme in {"wss", "https"}
    bare = parts.path in {"", "/"}
    speech = _speech(protocol, "" if bare else parts.path)
    path = speech.path if bare else parts.path
    if parts.query:
        path = f"{path}?{parts.query}"
    if rooms > 1 and speech.by_path and CHANNEL_PLACE not in path:
        raise LoadError(
            f"{rooms} rooms need {CHANNEL_PLACE} in the URL's path, as in ws://localhost:8000/ws/{CHANNEL_PLACE}"
        )
    return Target(parts.hostname, port or (443 if tls else 80), tls, path, speech)


def _speech(protocol: str, path: str) -> Speech:
    if protocol == "auto":
        return SPEECHES["centrifuge" if path.startswith("/connection/") else "text"]
    if protocol not in SPEECHES:
        raise LoadError(f"no protocol is called {protocol!r}; there are {', '.join(SPEECHES)}")
    return SPEECHES[protocol]


def check(plan: Plan) -> None:
    """Raise LoadError when a plan contradicts itself."""
    crowd, pace = plan.crowd, plan.pace
    if crowd.rooms > crowd.connections:
        raise LoadError(
            f"{crowd.rooms} rooms need at least as many connections, and there are {crowd.connections}"
        )
    if crowd.publishers > crowd.connections // crowd.rooms:
        raise LoadError(
            f"a room has {crowd.connections // crowd.rooms} connections, fewer than the "
            f"{crowd.publishers} publishers asked for"
        )
    if pace.size < MESSAGE_MIN:
        raise LoadError(
            f"a message needs {MESSAGE_MIN} bytes for its own account; {pace.size} are too few"
        )
