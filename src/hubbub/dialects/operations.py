"""Ready-made operations, the same in every protocol: a name that begins with `hubbub.`, and JSON.

    hubbub.typing     {channel, typing}                     typing: true where it is left out
    hubbub.edit       {channel, offset, data, encoding, key}
    hubbub.delete     {channel, offset}
    hubbub.react      {channel, offset, reaction, removed}
    hubbub.mark       {channel, read, received}             up to which offsets
    hubbub.receipts   {channel}
    hubbub.rooms      {channels}
    hubbub.people     {channel}
    hubbub.status     {channel, state, text}
    hubbub.send, and its like                               see `inbox.py`

A dialect says where such a name stands in its packets; each is answered with `Answered`, which is JSON too.
`data` is the payload itself, or with `"encoding": "base64"` a string of bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from hubbub.dialects.chat import (
    Amend,
    ChatCommand,
    Describe,
    Mark,
    People,
    Receipts,
    Rooms,
    Typing,
)
from hubbub.dialects.commands import Unsupported
from hubbub.dialects.inbox import INBOX_OPERATIONS, InboxCommand
from hubbub.dialects.kinds import Act
from hubbub.dialects.payloads import decode_json, payload_of
from hubbub.errors import BAD_REQUEST_ERROR, METHOD_NOT_FOUND, ErrorCode, Refused
from hubbub.model import ChannelName
from hubbub.names import is_legible

PREFIX: Final = "hubbub."
"""What the names of operations begin with."""
OFFSET_LIMIT: Final = 2**53 - 1
"""What a JavaScript number holds."""
REACTION_LIMIT: Final = 64
"""Characters of a reaction."""
KEY_LIMIT: Final = 128
"""Characters of a key."""
STATE_LIMIT: Final = 32
"""Characters of a status's word ..."""
STATUS_LIMIT: Final = 140
"""... and of its text."""
ROOMS_LIMIT: Final = 100
"""Channels whose unread messages are counted at once."""


Place: TypeAlias = Callable[[str], ChannelName]
"""Return the channel that a client means by what it wrote, which is "" where it named none."""

_Offset = Annotated[int, Meta(ge=1, le=OFFSET_LIMIT)]


class _Ask(Struct):
    channel: str = ""


class _AskTyping(_Ask):
    typing: bool = True


class _AskMessage(_Ask, kw_only=True):
    offset: _Offset


class _AskEdit(_AskMessage, kw_only=True):
    data: Raw
    encoding: Literal["", "base64"] = ""
    key: Annotated[str, Meta(max_length=KEY_LIMIT)] = ""


class _AskReaction(_AskMessage, kw_only=True):
    reaction: Annotated[str, Meta(min_length=1, max_length=REACTION_LIMIT)]
    removed: bool = False


class _AskMark(_Ask):
    read: _Offset | None = None
    received: _Offset | None = None


class _AskStatus(_Ask):
    state: Annotated[str, Meta(max_length=STATE_LIMIT)] = ""
    text: Annotated[str, Meta(max_length=STATUS_LIMIT)] = ""


class _AskRooms(Struct):
    channels: Annotated[list[str], Meta(max_length=ROOMS_LIMIT)]


class Reaction(Struct, omit_defaults=True):
    """What stands in the data of a reaction."""

    reaction: str
    removed: bool = False


_TYPING = msgspec.json.Decoder(_AskTyping)
_EDIT = msgspec.json.Decoder(_AskEdit)
_REACTION = msgspec.json.Decoder(_AskReaction)
_MESSAGE = msgspec.json.Decoder(_AskMessage)
_MARK = msgspec.json.Decoder(_AskMark)
_CHANNEL = msgspec.json.Decoder(_Ask)
_STATUS = msgspec.json.Decoder(_AskStatus)
_ROOMS = msgspec.json.Decoder(_AskRooms)

_encode = msgspec.json.Encoder().encode


def itself(channel: str) -> ChannelName:
    """Return the channel that is called like this."""
    return channel


def operation(
    name: str, body: bytes, id: int, place: Place = itself
) -> ChatCommand | InboxCommand | Unsupported:
    """Return the operation of a name that begins with `PREFIX`.

    One that does not exist is answered with 104, and a body that does not fit with 107.

    Args:
        body: JSON; nothing counts as an empty object. id: what the command is to be known by.
    """
    short = name.removeprefix(PREFIX)
    if body in {b"", b"null"}:
        body = b"{}"
    try:
        body.decode()
        if make := _OPERATIONS.get(short):
            return make(body, id, place)
        if make_inbox := INBOX_OPERATIONS.get(short):
            return make_inbox(body, id)
    except (msgspec.DecodeError, UnicodeDecodeError, Refused) as fault:
        return Unsupported(id, ErrorCode(BAD_REQUEST_ERROR.code, f"bad request: {fault}"))
    known = ", ".join(PREFIX + each for each in (*_OPERATIONS, *INBOX_OPERATIONS))
    return Unsupported(id, ErrorCode(METHOD_NOT_FOUND.code, f"the operations are {known}"))


def reaction_data(reaction: str, *, removed: bool) -> bytes:
    """Return the data of a reaction. Raises Refused (107) for what is none."""
    if not 0 < len(reaction) <= REACTION_LIMIT or not is_legible(reaction):
        raise Refused(
            BAD_REQUEST_ERROR, f"a reaction has 1 to {REACTION_LIMIT} printable characters"
        )
    return _encode(Reaction(reaction, removed))


def _typing(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_TYPING, body)
    return Typing(place(ask.channel), id, ask.typing)


def _edit(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_EDIT, body)
    data, kind = payload_of(bytes(ask.data), ask.encoding)
    return Amend(place(ask.channel), Act.EDIT, ask.offset, id, data, kind, ask.key)


def _delete(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_MESSAGE, body)
    return Amend(place(ask.channel), Act.DELETE, ask.offset, id)


def _react(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_REACTION, body)
    data = reaction_data(ask.reaction, removed=ask.removed)
    return Amend(place(ask.channel), Act.REACTION, ask.offset, id, data)


def _mark(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_MARK, body)
    if ask.read is None and ask.received is None:
        raise Refused(BAD_REQUEST_ERROR, "a mark says what is read or received")
    return Mark(place(ask.channel), id, ask.read or 0, ask.received or 0)


def _receipts(body: bytes, id: int, place: Place) -> ChatCommand:
    return Receipts(place(decode_json(_CHANNEL, body).channel), id)


def _people(body: bytes, id: int, place: Place) -> ChatCommand:
    return People(place(decode_json(_CHANNEL, body).channel), id)


def _status(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_STATUS, body)
    return Describe(place(ask.channel), id, ask.state, ask.text)


def _rooms(body: bytes, id: int, place: Place) -> ChatCommand:
    ask = decode_json(_ROOMS, body)
    return Rooms({place(each): each for each in ask.channels}, id)


_OPERATIONS: dict[str, Callable[[bytes, int, Place], ChatCommand]] = {
    "typing": _typing,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "mark": _mark,
    "receipts": _receipts,
    "rooms": _rooms,
    "people": _people,
    "status": _status,
}
