"""What was deleted: noted in a record beside the channel's log, and left out of all that is read from there.

A log only grows, so that positions stay what they are. Whoever reads it later is given, in the place of a
message that was deleted, a publication of the kind `deleted` without data, and so of its edits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from hubbub.brokers.contract import Broker
from hubbub.dialects.kinds import ABOUT, DELETED, KIND, Act, about_of, kind_of
from hubbub.hub.namespaces import Namespace
from hubbub.model import ChannelName, Kind, Position, Publication

NOTHING: frozenset[str] = frozenset()
"""What was deleted where nothing is."""


class Redaction:
    """Know what was deleted.

    Args:
        broker: whose records say so.
    """

    __slots__ = ("_broker",)

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def of(self, channel: ChannelName, namespace: Namespace) -> Collection[str]:
        """Return the places of a channel's deleted messages. Raises BrokerUnavailable.

        Ask after the log was read: a message is noted here before its deletion is in the log.
        """
        return await self._broker.records.get(_record(channel)) if namespace.edits else NOTHING

    async def note(self, channel: ChannelName, at: Position, top: Position, kept: int) -> None:
        """Note that the message at a place is deleted. Raises BrokerUnavailable.

        Args:
            top: the channel's. kept: publications that its history keeps; what was deleted before them is
                forgotten.
        """
        record, records = _record(channel), self._broker.records
        await records.put(record, place(at.epoch, at.offset), b"1")
        noted = await records.get(record)
        if len(noted) > kept:
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
    return [_shown(each, epoch, gone) for each in publications]


def _shown(publication: Publication, epoch: str, gone: Collection[str]) -> Publication:
    if kind_of(publication) == Act.EDIT:
        about = about_of(publication)
        return erased(publication, about) if place(epoch, about) in gone else publication
    return erased(publication) if place(epoch, publication.offset) in gone else publication


def erased(publication: Publication, about: int = 0) -> Publication:
    """Return what stands in the place of a deleted message, or of an edit of the one at offset `about`."""
    tags = {KIND: DELETED, ABOUT: str(about)} if about else {KIND: DELETED}
    return replace(publication, data=b"null", kind=Kind.JSON, tags=tags, base=None, made=True)


def _record(channel: ChannelName) -> str:
    return f"deleted:{channel}"


def _is_past(noted: str, top: Position, kept: int) -> bool:
    epoch, _, offset = noted.rpartition(".")
    return epoch != top.epoch or int(offset) <= top.offset - 2 * kept
