"""How inboxes read as JSON: to clients that ask, to programs, and to hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Raw, Struct

from hubbub.dialects.payloads import as_json
from hubbub.hub.inbox import values
from hubbub.hub.inbox.values import ID_TAG, Acknowledgement, Overdue, Sent, sender_of
from hubbub.model import Kind, Position, Publication

_Offset = Annotated[int, Meta(ge=0, le=2**63 - 1, description="1, 2, 3 ... in the inbox.")]
_Epoch = Annotated[str, Meta(description="The life of the inbox that offsets belong to.")]


class Letter(Struct, omit_defaults=True):
    """A message of an inbox."""

    id: Annotated[str, Meta(description="Its name, which the sender chose or was given.")]
    offset: _Offset
    time: Annotated[int, Meta(description="Milliseconds since 1970.")]
    data: Annotated[Raw, Meta(description="The payload; bytes are a string of base64.")]
    sender: Annotated[str, Meta(description="The user who sent it.")] = ""
    encoding: Annotated[str, Meta(description="`base64` where the payload is bytes.")] = ""
    tags: Mapping[str, str] = {}


class SendResult(Struct, omit_defaults=True):
    """The message is in the inbox."""

    id: Annotated[str, Meta(description="Its name, which the sender chose or was given.")]
    offset: _Offset
    epoch: _Epoch
    duplicate: Annotated[bool, Meta(description="It was there already, by the same key.")] = False


class AckResult(Struct):
    """What the device has acknowledged."""

    upto: Annotated[int, Meta(description="Everything up to this offset ...")]
    ahead: Annotated[int, Meta(description="... and so many single messages beyond.")]
    offset: Annotated[int, Meta(description="Where the inbox ends.")]
    epoch: _Epoch


class PositionResult(Struct):
    """Where the inbox ends."""

    offset: _Offset
    epoch: _Epoch


class UnreadResult(Struct, omit_defaults=True):
    """How much is unread."""

    total: Annotated[int, Meta(description="Messages that are not read.")]
    senders: Annotated[
        dict[str, int], Meta(description='How many by whom; "" is nobody with a name.')
    ]
    read: Annotated[int, Meta(description="Everything is read up to this offset.")]
    offset: Annotated[int, Meta(description="Where the inbox ends.")]
    epoch: _Epoch
    lost: Annotated[
        int, Meta(description="Unread messages that were dropped: too old, or too many.")
    ] = 0
    more: Annotated[
        bool, Meta(description="There are so many that not all are counted by sender.")
    ] = False


class PullResult(Struct, omit_defaults=True):
    """Messages, the oldest first."""

    messages: list[Letter]
    upto: Annotated[int, Meta(description="Where the next page begins (`since`).")]
    offset: Annotated[int, Meta(description="Where the inbox ends.")]
    epoch: _Epoch
    more: Annotated[bool, Meta(description="There is a next page.")] = False
    lost: Annotated[
        int, Meta(description="Messages before these that were dropped: too old, or too many.")
    ] = 0


class OverdueReport(Struct, omit_defaults=True):
    """What no device of a user has acknowledged in time."""

    user: str
    channel: str
    epoch: str
    messages: list[Letter]
    unread: int
    more: bool = False


def letter(message: Publication) -> Letter:
    """Return a message as JSON shows it."""
    tags = {name: value for name, value in (message.tags or {}).items() if name != ID_TAG}
    return Letter(
        (message.tags or {}).get(ID_TAG, ""),
        message.offset,
        message.time,
        Raw(as_json(message.data, message.kind)),
        sender_of(message),
        "base64" if message.kind is Kind.BINARY else "",
        tags,
    )


def sent(result: Sent) -> SendResult:
    """Return what a sender is answered."""
    at = result.position
    return SendResult(result.id, at.offset, at.epoch, result.duplicate)


def acknowledged(result: Acknowledgement) -> AckResult:
    """Return what a device is answered."""
    return AckResult(result.upto, result.ahead, result.top.offset, result.top.epoch)


def position(top: Position) -> PositionResult:
    """Return where an inbox ends."""
    return PositionResult(top.offset, top.epoch)


def unread(result: values.Unread) -> UnreadResult:
    """Return how much is unread."""
    top = result.top
    return UnreadResult(
        result.total,
        dict(result.senders),
        result.read,
        top.offset,
        top.epoch,
        result.lost,
        result.more,
    )


def pulled(page: values.Page) -> PullResult:
    """Return a page."""
    letters = [letter(message) for message in page.messages]
    return PullResult(letters, page.upto, page.top.offset, page.top.epoch, page.more, page.lost)


def reported(found: Overdue, channel: str) -> OverdueReport:
    """Return what the application is told."""
    letters = [letter(message) for message in found.messages]
    return OverdueReport(found.user, channel, found.top.epoch, letters, found.unread, found.more)
