"""Where the messages of a queue go that nobody wants."""

from __future__ import annotations

import structlog

from hubbub.errors import Refused
from hubbub.hub.hub import Hub
from hubbub.hub.permissions.namespaces import USER_BOUNDARY
from hubbub.model import ChannelName, Position

_log = structlog.get_logger(__name__)

DEAD = ".dead"
"""What stands behind a queue's name in the name of that channel."""


def dead_of(channel: ChannelName) -> ChannelName:
    """Return the channel for what nobody wants of a queue; who is limited to one is limited to the other."""
    name, boundary, users = channel.partition(USER_BOUNDARY)
    return f"{name}{DEAD}{boundary}{users}"


async def bury(hub: Hub, channel: ChannelName, epoch: str, offset: int) -> None:
    """Put a message that nobody wants where people can look at it, once; one that was deleted stays so.

    Where no channel can have that name, only the log tells. Raises BrokerUnavailable.
    """
    place = dead_of(channel)
    _log.warning("a message was refused too often", channel=channel, offset=offset)
    page = await hub.history(channel, 1, Position("", offset - 1), reverse=False)
    if page.position.epoch != epoch:
        return
    for found in page.publications:
        if found.offset == offset and not found.made:
            sender, tags, key = found.sender, found.tags, f"dead {epoch} {offset}"
            try:
                await hub.publish(place, found.data, found.kind, sender=sender, tags=tags, key=key)
            except Refused as refused:
                _log.warning("what is dead finds no place", channel=place, fault=str(refused))
