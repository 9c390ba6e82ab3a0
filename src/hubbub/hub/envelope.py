"""What nodes say to each other through the broker, as bytes: publications, joins and leaves.

A small tagged MessagePack array. Only our own nodes write it, but it is decoded as strictly as any
input: what does not fit is an error of that one message, and nothing in it is ever run.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias

import msgspec

from hubbub.brokers.contract import Entry
from hubbub.errors import HubbubError
from hubbub.model import ClientInfo, Kind, Publication


class UnreadableEnvelope(HubbubError):
    """Report a payload that no Hubbub node of this version wrote."""


class Published(msgspec.Struct, frozen=True, array_like=True, tag="p1"):
    """Carry what a publisher said; `time` is set for ephemeral ones, which the log does not stamp.

    `made` says that the server made it for an operation; nodes that do not know of that see its tags.
    """

    data: bytes
    kind: Kind
    sender: ClientInfo | None = None
    tags: dict[str, str] | None = None
    exclude: str = ""
    time: int = 0
    made: bool = False


class Joined(msgspec.Struct, frozen=True, array_like=True, tag="j1"):
    """Say that somebody joined a channel."""

    info: ClientInfo


class Left(msgspec.Struct, frozen=True, array_like=True, tag="l1"):
    """Say that somebody left a channel, or that its node died."""

    info: ClientInfo


Announcement: TypeAlias = Published | Joined | Left

encode = msgspec.msgpack.Encoder().encode
_published = msgspec.msgpack.Decoder(Published).decode
_announcement: msgspec.msgpack.Decoder[Announcement] = msgspec.msgpack.Decoder(Announcement)
_member = msgspec.msgpack.Decoder(ClientInfo).decode


def open_entry(entry: Entry) -> Publication:
    """Return the publication of a log entry. Raises UnreadableEnvelope."""
    try:
        said = _published(entry.payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableEnvelope(str(fault)) from fault
    return Publication(
        said.data,
        said.kind,
        said.sender,
        said.tags,
        said.exclude,
        entry.time,
        entry.offset,
        entry.tag,
        made=said.made,
    )


def open_readable(entries: Iterable[Entry]) -> list[Publication]:
    """Return the publications of log entries, without those that nobody here can read."""
    publications: list[Publication] = []
    for entry in entries:
        with suppress(UnreadableEnvelope):
            publications.append(open_entry(entry))
    return publications


def open_announcement(payload: bytes) -> Publication | Joined | Left:
    """Return what an announcement says. Raises UnreadableEnvelope."""
    try:
        said = _announcement.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableEnvelope(str(fault)) from fault
    if isinstance(said, Published):
        return Publication(
            said.data, said.kind, said.sender, said.tags, said.exclude, said.time, made=said.made
        )
    return said


def open_member(member: bytes) -> ClientInfo:
    """Return who a presence entry describes. Raises UnreadableEnvelope."""
    try:
        return _member(member)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableEnvelope(str(fault)) from fault
