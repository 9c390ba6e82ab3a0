"""Socket.IO packets: a type, a namespace, perhaps an acknowledgement's number, and JSON with holes for bytes.

    <type>[<attachments>-][<namespace>,][<id>][<JSON>]

What JSON cannot hold follows in binary packets, one for each hole: `{"_placeholder":true,"num":0}`.

Source: https://socket.io/docs/v4/socket-io-protocol/ (revision 5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

import msgspec

from hubbub.dialects.payloads import decode_json
from hubbub.errors import BAD_REQUEST, TOO_BIG, ProtocolViolation
from hubbub.model import Packet

ROOT = "/"
"""The namespace that is not written."""
ATTACHMENTS_LIMIT = 64
"""Binary attachments of one packet."""
ATTACHED_LIMIT = 256 * 1024
"""Bytes of all attachments of one packet, where nothing else is said."""
NAMESPACE_LIMIT = 128
"""Characters of a namespace."""
ID_LIMIT = 2**53 - 1
"""The largest number of an acknowledgement: what a JavaScript number holds."""


class Type(IntEnum):
    """What a packet is for."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


_BINARY: dict[Type, Type] = {Type.BINARY_EVENT: Type.EVENT, Type.BINARY_ACK: Type.ACK}
_WITH_BYTES: dict[Type, Type] = {plain: binary for binary, plain in _BINARY.items()}

_HEAD = re.compile(
    rb"([0-6])(?:([0-9]{1,4})-)?(?:(/[^,]*),|(/[^,]*)\Z)?([0-9]{1,16})?(.*)", re.DOTALL
)

Value: TypeAlias = Any
"""What JSON holds, and bytes."""

_JSON = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class SocketPacket:
    """One packet, whole.

    Args:
        type: EVENT and ACK, whether they have bytes in them or not.
        namespace: where it belongs. id: the acknowledgement that is asked for or given, if there is one.
        data: the JSON value, with bytes where they belong; None where there is none.
    """

    type: Type
    namespace: str = ROOT
    id: int | None = None
    data: Value = None


@dataclass(slots=True)
class _Begun:
    """A packet that waits for its attachments."""

    packet: SocketPacket
    missing: int
    attachments: list[bytes] = field(default_factory=list)
    size: int = 0


class Assembler:
    """Put packets together from one connection's messages.

    Args:
        limit: bytes that the attachments of one packet may have together.
    """

    __slots__ = ("_begun", "_limit")

    def __init__(self, limit: int = ATTACHED_LIMIT) -> None:
        self._limit = limit
        self._begun: _Begun | None = None

    def feed(self, packet: Packet) -> SocketPacket | None:
        """Take a message, and return the packet that it completes, if it does.

        Raises ProtocolViolation: 3501 for what is no packet, or no attachment where one is due; 1009 for too
        large ones.
        """
        begun = self._begun
        if packet.binary:
            if begun is None:
                raise _wrong("bytes belong to a packet that announced them")
            begun.attachments.append(packet.data)
            begun.size += len(packet.data)
            if begun.size > self._limit:
                raise ProtocolViolation(TOO_BIG, f"more than {self._limit} bytes of attachments")
            if len(begun.attachments) < begun.missing:
                return None
            self._begun = None
            return _filled(begun)
        if begun is not None:
            raise _wrong("a packet came before the bytes that the one before it announced")
        found, missing = parse(packet.data)
        if not missing:
            return found
        self._begun = _Begun(found, missing)
        return None


def parse(data: bytes) -> tuple[SocketPacket, int]:
    """Read a text message; return its packet, still with holes, and how many attachments follow.

    Raises ProtocolViolation (3501).
    """
    head = _HEAD.fullmatch(data)
    if head is None:
        raise _wrong("a packet begins with a digit from 0 to 6")
    kind = Type(int(head[1]))
    attachments = int(head[2]) if head[2] else 0
    if bool(head[2]) != (kind in _BINARY):
        raise _wrong("only a packet with bytes says how many there are")
    if attachments > ATTACHMENTS_LIMIT:
        raise _wrong(f"more than {ATTACHMENTS_LIMIT} attachments")
    id = int(head[5]) if head[5] else None
    if id is not None and id > ID_LIMIT:
        raise _wrong("the number of an acknowledgement is too large")
    value = _value(head[6])
    packet = SocketPacket(_BINARY.get(kind, kind), _namespace(head[3] or head[4]), id, value)
    _check(packet)
    return packet, attachments


def _namespace(written: bytes | None) -> str:
    if written is None:
        return ROOT
    try:
        name = written.decode().partition("?")[0]  # old clients write a query behind it
    except UnicodeDecodeError:
        raise _wrong("a namespace is UTF-8") from None
    if len(name) > NAMESPACE_LIMIT or not name.isprintable():
        raise _wrong("a namespace is printable and not too long")
    return name


def _value(written: bytes) -> Value:
    if not written:
        return None
    try:
        return decode_json(_JSON, written)
    except msgspec.DecodeError as fault:
        raise _wrong(f"not JSON: {fault}") from None


def _check(packet: SocketPacket) -> None:
    """Refuse what has not the shape of its type."""
    data = packet.data
    if packet.type is Type.EVENT:
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise _wrong("an event is an array that begins with its name")
    elif packet.type is Type.ACK:
        if not isinstance(data, list) or packet.id is None:
            raise _wrong("an acknowledgement has a number and an array")
    elif packet.type is Type.CONNECT:
        if data is not None and not isinstance(data, dict):
            raise _wrong("what is said at connecting is an object")
    elif packet.type is Type.CONNECT_ERROR:
        raise _wrong("only a server says that connecting failed")


def _filled(begun: _Begun) -> SocketPacket:
    found = begun.packet
    used: set[int] = set()
    try:
        data = _fill(found.data, begun.attachments, used)
    except RecursionError:
        raise _wrong("nested too deeply") from None
    if len(used) != len(begun.attachments):
        raise _wrong("each attachment has its place")
    return SocketPacket(found.type, found.namespace, found.id, data)


def _fill(value: Value, attachments: Sequence[bytes], used: set[int]) -> Value:
    if isinstance(value, list):
        return [_fill(each, attachments, used) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is True:
        number = value.get("num")
        if type(number) is not int or not 0 <= number < len(attachments):
            raise _wrong("a placeholder names an attachment that is not there")
        used.add(number)
        return attachments[number]
    return {name: _fill(each, attachments, used) for name, each in value.items()}


def write(packet: SocketPacket) -> tuple[Packet, ...]:
    """Return the messages of a packet: its text, and what bytes are in it."""
    attachments: list[bytes] = []
    data = _hollow(packet.data, attachments)
    head = b"%d" % (_WITH_BYTES[packet.type] if attachments else packet.type)
    if attachments:
        head += b"%d-" % len(attachments)
    if packet.namespace != ROOT:
        head += packet.namespace.encode() + b","
    if packet.id is not None:
        head += b"%d" % packet.id
    if data is not None:
        head += _encode(data)
    return (Packet(head), *(Packet(each, binary=True) for each in attachments))


def _hollow(value: Value, attachments: list[bytes]) -> Value:
    if isinstance(value, bytes | bytearray | memoryview):
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, list | tuple):
        return [_hollow(each, attachments) for each in value]
    if isinstance(value, dict):
        return {name: _hollow(each, attachments) for name, each in value.items()}
    return value


def _wrong(detail: str) -> ProtocolViolation:
    return ProtocolViolation(BAD_REQUEST, detail)
