"""What was deleted: noted in a record beside the channel's log, and left out of all that is read from there.

A log only grows, so that positions stay what they are. Whoever reads it later is given, in the place of a
message that was deleted, a publication of the kind `deleted` without data, and so of its edits.

The record is written before the deletion is in the log, and bars what is said about a message from then on:
in the log nothing about a message comes behind its deletion. What a node remembers of a channel may not have
heard of that yet; therefore the record is asked there too.

The record lives as long as the channel's counter: the message is never there, and this forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

from msgspec.structs import replace

from hubbub.brokers.contract import Broker
from hubbub.brokers.records import WITH_CHANNEL, Bar, RecordName
from hubbub.dialects.kinds import ABOUT, DELETED, KIND, Act, about_of, kind_of
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, Kind, Position, Publication

NOTHING: frozenset[str] = frozenset()
"""What was deleted where nothing is."""
SLACK: Final = 100
"""Publications for which a deletion is noted longer than history can have an edit of the message."""


class Redaction:
    """Know what was deleted.

    Args:
        broker: whose records say so.
    """

    __slots__ = ("_asking", "_broker")

    def __init__(self, broker: Broker) -> None:
        self._asking: dict[RecordName, asyncio.Future[dict[str, bytes]]] = {}
        self._broker = broker

    async def of(self, channel: ChannelName, namespace: Namespace) -> Collection[str]:
        """Return the places of a channel's deleted messages. Raises BrokerUnavailable.

        Ask after the log was read: a message is noted here before its deletion is in the log.
        """
        if not namespace.edits:
            return NOTHING
        record = _record(channel)
        asking = self._asking.get(record)
        if asking is None:
            asking = start(self._broker.records.get(record))
            if not asking.done():
                # Whoever asks in this turn of the loop is given the same answer. An older one may be too old.
                self._asking[record] = asking
                asyncio.get_running_loop().call_soon(self._asking.pop, record)
        return await asyncio.shield(asking)

    async def note(self, channel: ChannelName, at: Position, top: Position, kept: int) -> None:
        """Note that the message at a place is deleted. Raises BrokerUnavailable.

        Args:
            top: the channel's. kept: publications that its history keeps; what was deleted before them is
                forgotten.
        """
        record, records = _record(channel), self._broker.records
        await records.put(record, place(at.epoch, at.offset), b"1", WITH_CHANNEL)
        noted = await records.get(record)
        if len(noted) > kept + SLACK:
            old = [each for each in noted if _is_past(each, top, kept)]
            await records.remove(record, old)


def place(epoch: str, offset: int) -> str:
    """Return what a place in a channel is called where deletions are noted."""
    return f"{epoch}.{offset}"


def redacted(
    publications: Sequence[Publication], epoch: str, gone: Collection[str]
) -> list[Publication]:
    """Return publications of a channel as they may be shown, where those at the places `gone` are deleted."""
    if not gone:
        return list(publications)
    return [shown(each, epoch, gone) for each in publications]


def shown(publication: Publication, epoch: str, gone: Collection[str]) -> Publication:
    """Return a publication as it may be shown."""
    if kind_of(publication) == Act.EDIT:
        about = about_of(publication)
        return erased(publication, about) if place(epoch, about) in gone else publication
    return erased(publication) if place(epoch, publication.offset) in gone else publication


def erased(publication: Publication, about: int = 0) -> Publication:
    """Return what stands in the place of a deleted message, or of an edit of the one at offset `about`."""
    tags = {KIND: DELETED, ABOUT: str(about)} if about else {KIND: DELETED}
    return replace(publication, data=b"null", kind=Kind.JSON, tags=tags, base=None, made=True)


def bar_of(channel: ChannelName, at: Position) -> Bar:
    """Return what bars a word about the message at a place: that it was deleted."""
    return Bar(_record(channel), place(at.epoch, at.offset))


def _record(channel: ChannelName) -> RecordName:
    return f"deleted:{channel}"


def _is_past(noted: str, top: Position, kept: int) -> bool:
    epoch, _, offset = noted.rpartition(".")
    return epoch != top.epoch or int(offset) <= top.offset - 2 * kept - SLACK
