"""What a client may send in the json format of plain WebSocket.

**An object whose `type` is `publish`, `history`, `presence` or `ping`, or begins with `hubbub.`, is a
command; everything else is published as it is**, like in the plain format::

    {"type":"publish","data":...,"encoding":"base64","id":1}    text is a string; bytes are base64, and say so
    {"type":"history","limit":50,"since":"<position>","reverse":true,"id":2}       limit -1: what is allowed
    {"type":"presence","counts":true,"id":3}
    {"type":"ping"}
    {"type":"hubbub.edit","offset":7,"data":...,"id":4}       and its like, see `operations.py`
    {"type":"hubbub.call","method":"say","data":...,"id":5}    calls a function of the application

Everything but `type` and the `data` of a publish may be left out. A publish with an `id` is answered when
the broker has it, one without only if it fails. To publish what looks like a command, wrap it in `data`.
A command that is wrong is answered with error 107, and the connection goes on.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from hubbub.dialects.contract import Command, History, Presence, Publish, Rpc, Unsupported
from hubbub.dialects.envelope import PING
from hubbub.dialects.operations import PREFIX, operation
from hubbub.dialects.positions import parse_position
from hubbub.errors import BAD_REQUEST_ERROR, ErrorCode, Refused
from hubbub.model import ChannelName, Kind, Position

METHOD_LIMIT = 128
"""Characters of a method's name."""

_Id = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a JavaScript number holds


class _Peek(Struct):
    type: Raw = Raw()


class _AskPublish(Struct):
    data: Raw = Raw()
    encoding: Literal["", "base64"] = ""
    id: _Id = 0


class _AskCall(Struct):
    method: Annotated[str, Meta(min_length=1, max_length=METHOD_LIMIT)]
    data: Raw = Raw()
    encoding: Literal["", "base64"] = ""
    id: _Id = 0


class _AskHistory(Struct):
    limit: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    since: str = ""
    reverse: bool = False
    id: _Id = 0


class _AskPresence(Struct):
    counts: bool = False
    id: _Id = 0


class _AskOperation(Struct):
    type: str
    id: _Id = 0


_PEEK = msgspec.json.Decoder(_Peek)
_PUBLISH = msgspec.json.Decoder(_AskPublish)
_CALL = msgspec.json.Decoder(_AskCall)
_HISTORY = msgspec.json.Decoder(_AskHistory)
_PRESENCE = msgspec.json.Decoder(_AskPresence)
_OPERATION = msgspec.json.Decoder(_AskOperation)
_STRING = msgspec.json.Decoder(str)

_READY_MADE = b'"' + PREFIX.encode()
_NO_BASE64 = "data is not base64 (RFC 4648 section 4)"


def command(channel: ChannelName, value: bytes) -> Command | None:
    """Return the command that a JSON object or array is, or None if it is something to publish.

    `value` has been through `json_container`.
    """
    try:
        kind = bytes(_PEEK.decode(value).type)
    except msgspec.DecodeError:  # an array
        return None
    make = _COMMANDS.get(kind)
    if make is None:
        if not kind.startswith(_READY_MADE):
            return None
        make = _operation
    try:
        return make(channel, value)
    except msgspec.DecodeError as error:
        return _bad(0, str(error))


def _publish(channel: ChannelName, value: bytes) -> Command:
    ask = _PUBLISH.decode(value)
    data = bytes(ask.data)
    if not data:
        return _bad(ask.id, "a publish has data")
    if data[:1] != b'"':
        if ask.encoding:
            return _bad(ask.id, "the data of base64 is a string")
        return Publish(channel, data, id=ask.id)
    if not ask.encoding:
        return Publish(channel, _STRING.decode(data).encode(), Kind.TEXT, ask.id)
    decoded = _bytes_of(data)
    return (
        _bad(ask.id, _NO_BASE64)
        if decoded is None
        else Publish(channel, decoded, Kind.BINARY, ask.id)
    )


def _call(channel: ChannelName, value: bytes) -> Command:
    ask = _CALL.decode(value)
    data = bytes(ask.data) or b"null"
    if not ask.encoding:
        return Rpc(ask.method, ask.id, data)
    decoded = _bytes_of(data)
    return (
        _bad(ask.id, _NO_BASE64)
        if decoded is None
        else Rpc(ask.method, ask.id, decoded, Kind.BINARY)
    )


def _bytes_of(data: bytes) -> bytes | None:
    """Return the bytes that a JSON string has in base64; None where it has none."""
    try:
        return a2b_base64(_STRING.decode(data), strict_mode=True)
    except (msgspec.DecodeError, Base64Error, ValueError):
        return None


def _history(channel: ChannelName, value: bytes) -> Command:
    ask = _HISTORY.decode(value)
    since: Position | None = None
    if ask.since:
        try:
            since = parse_position(ask.since)
        except Refused as refused:
            return _bad(ask.id, refused.detail)
    return History(channel, ask.id, ask.limit, since, ask.reverse)


def _presence(channel: ChannelName, value: bytes) -> Command:
    ask = _PRESENCE.decode(value)
    return Presence(channel, ask.id, ask.counts)


def _ping(channel: ChannelName, value: bytes) -> Command:
    return PING


def _operation(channel: ChannelName, value: bytes) -> Command:
    ask = _OPERATION.decode(value)
    return operation(ask.type, value, ask.id, lambda named: channel)


def _bad(id: int, sentence: str) -> Command:
    return Unsupported(id, ErrorCode(BAD_REQUEST_ERROR.code, f"bad request: {sentence}"))


_COMMANDS: dict[bytes, Callable[[ChannelName, bytes], Command]] = {
    b'"publish"': _publish,
    b'"history"': _history,
    b'"presence"': _presence,
    b'"ping"': _ping,
    b'"hubbub.call"': _call,
}
