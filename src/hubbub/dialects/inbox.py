"""What a client asks about inboxes: as commands, one family, and as the JSON of ready-made operations.

    hubbub.send          {user, data, encoding, key}
    hubbub.inbox_ack     {upto, offsets, device, epoch}     received: all up to an offset, and single ones
    hubbub.inbox_read    {upto, sender, epoch}              read: all up to an offset, or those of a sender
    hubbub.inbox_unread  {}
    hubbub.inbox_pull    {limit, since, device, take}

All but the first are about the inbox of the client's own user. See `operations.py` for where they are said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from hubbub.dialects.payloads import decode_json, payload_of
from hubbub.model import Kind, UserId

OFFSETS_LIMIT: Final = 1000
"""Single messages that one command acknowledges."""

_Offset = Annotated[int, Meta(ge=0, le=2**53 - 1)]
_Name = Annotated[str, Meta(max_length=128)]


class Send(Struct, frozen=True):
    """Put a message into a user's inbox; `key` makes a retry harmless."""

    user: UserId
    data: bytes
    kind: Kind = Kind.JSON
    id: int = 0
    key: str = ""


class Acknowledge(Struct, frozen=True):
    """Say that a device has all messages up to `upto`, and the single ones at `offsets`.

    `device` None is the one that the connection's address names. `epoch` is the life of the inbox that the
    offsets belong to, where it is known.
    """

    id: int = 0
    upto: int = 0
    offsets: tuple[int, ...] = ()
    device: str | None = None
    epoch: str = ""


class MarkRead(Struct, frozen=True):
    """Say that the user has read all messages up to `upto`, or (with `sender`) those of one sender."""

    upto: int
    id: int = 0
    sender: UserId | None = None
    epoch: str = ""


class CountUnread(Struct, frozen=True):
    """Ask how many messages are unread, and by whom."""

    id: int = 0


class Pull(Struct, frozen=True):
    """Ask for the unread messages, or for those that a `device` has not acknowledged.

    Args:
        limit: messages at most; 0: as many as allowed. since: the offset behind which the page begins.
        take: whether what is answered counts as read from now on, or as acknowledged by the `device`.
    """

    id: int = 0
    limit: int = 0
    since: int | None = None
    device: str | None = None
    take: bool = False


InboxCommand: TypeAlias = Send | Acknowledge | MarkRead | CountUnread | Pull


class _AskSend(Struct):
    user: _Name
    data: Raw
    encoding: Literal["", "base64"] = ""
    key: _Name = ""


class _AskAcknowledge(Struct):
    upto: _Offset = 0
    offsets: Annotated[tuple[_Offset, ...], Meta(max_length=OFFSETS_LIMIT)] = ()
    device: _Name | None = None
    epoch: _Name = ""


class _AskRead(Struct):
    upto: _Offset
    sender: _Name | None = None
    epoch: _Name = ""


class _AskPull(Struct):
    limit: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    since: _Offset | None = None
    device: _Name | None = None
    take: bool = False


_SEND = msgspec.json.Decoder(_AskSend)
_ACKNOWLEDGE = msgspec.json.Decoder(_AskAcknowledge)
_READ = msgspec.json.Decoder(_AskRead)
_UNREAD = msgspec.json.Decoder(Struct)
_PULL = msgspec.json.Decoder(_AskPull)


def _send(body: bytes, id: int) -> InboxCommand:
    ask = decode_json(_SEND, body)
    data, kind = payload_of(bytes(ask.data), ask.encoding)
    return Send(ask.user, data, kind, id, ask.key)


def _acknowledge(body: bytes, id: int) -> InboxCommand:
    ask = decode_json(_ACKNOWLEDGE, body)
    return Acknowledge(id, ask.upto, ask.offsets, ask.device, ask.epoch)


def _read(body: bytes, id: int) -> InboxCommand:
    ask = decode_json(_READ, body)
    return MarkRead(ask.upto, id, ask.sender, ask.epoch)


def _unread(body: bytes, id: int) -> InboxCommand:
    decode_json(_UNREAD, body)
    return CountUnread(id)


def _pull(body: bytes, id: int) -> InboxCommand:
    ask = decode_json(_PULL, body)
    return Pull(id, ask.limit, ask.since, ask.device, ask.take)


INBOX_OPERATIONS: dict[str, Callable[[bytes, int], InboxCommand]] = {
    "send": _send,
    "inbox_ack": _acknowledge,
    "inbox_read": _read,
    "inbox_unread": _unread,
    "inbox_pull": _pull,
}
"""The operations by name; they raise msgspec.DecodeError, or Refused."""
