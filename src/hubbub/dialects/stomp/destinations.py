"""Destinations: where a message goes, or comes from.

A prefix says what kind of place it is.

    /topic/room, /channel/room    the channel `room`
    /queue/work                   a queue: each message goes to one consumer; it is the channel `queue:work`
    /app/say                      a function of the application; the prefix may be another
    /user/topic/x, /user/queue/x  the client's own inbox, to be subscribed to
    /user/li/x                    the inbox of li, to be sent to
    /temp-queue/x                 answers to this connection: what a `reply-to` names
    /reply-queue/<address>/x      that, as others are told it, to be sent to
    /event/x                      what the application says to this connection alone
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple
from urllib.parse import unquote

from hubbub.model import ChannelName, UserId

APPLICATION = "/app"
"""What stands before the names of functions, where nothing else is configured."""
TOPIC = "/topic/"
QUEUE_PREFIX = "queue:"
"""What stands before a queue's name in that of its channel: its namespace."""
TEMPORARY = "/temp-queue/"
REPLY = "/reply-queue/"
EVENT = "/event/"
MESSAGE = "message"
"""What an event is called that has no name."""


class Realm(Enum):
    """What kind of place a destination is."""

    CHANNEL = auto()
    QUEUE = auto()
    USER = auto()
    CALL = auto()
    ANSWERS = auto()
    REPLY = auto()
    EVENT = auto()


class Place(NamedTuple):
    """A destination, taken apart: `prefix` and `name` together are what the client wrote."""

    realm: Realm
    prefix: str
    name: str

    @property
    def channel(self) -> ChannelName:
        """Return the channel that it is, where it is one."""
        return f"{QUEUE_PREFIX}{self.name}" if self.realm is Realm.QUEUE else self.name

    @property
    def user(self) -> UserId:
        """Return to whom is sent what is sent here; a slash in a name is written `%2F`."""
        return unquote(self.name.partition("/")[0])

    @property
    def destination(self) -> str:
        """Return it as the client wrote it."""
        return self.prefix + self.name


_REALMS = {
    TOPIC: Realm.CHANNEL,
    "/channel/": Realm.CHANNEL,
    "/queue/": Realm.QUEUE,
    "/user/": Realm.USER,
    TEMPORARY: Realm.ANSWERS,
    REPLY: Realm.REPLY,
    EVENT: Realm.EVENT,
}


def place_of(destination: str, application: str = APPLICATION) -> Place | None:
    """Return what a destination means; None where it means nothing.

    Args:
        application: what stands before the names of functions.
    """
    calls = f"{application}/"
    for prefix, realm in ((calls, Realm.CALL), *_REALMS.items()):
        if destination.startswith(prefix):
            name = destination.removeprefix(prefix)
            return Place(realm, prefix, name) if name else None
    return None
