r"""Engine.IO 4: what carries Socket.IO, over WebSocket and over HTTP long polling.

A packet is a digit for its type and its data. Over WebSocket each is one message, and a binary message is
binary data of type 4. In the body of a polling request packets are divided by `\x1e`, and binary data is `b`
and its base64.

Source: https://socket.io/docs/v4/engine-io-protocol/ (revision 4).
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

import msgspec

from hubbub.errors import BAD_REQUEST, ProtocolViolation
from hubbub.model import Packet

REVISION = "4"
"""What `EIO` in the address must be."""
SEPARATOR = b"\x1e"

PACKETS_LIMIT = 10_000
"""Packets that one polling request may bring."""


class Type(Enum):
    """What an Engine.IO packet is for."""

    OPEN = b"0"
    CLOSE = b"1"
    PING = b"2"
    PONG = b"3"
    MESSAGE = b"4"
    UPGRADE = b"5"
    NOOP = b"6"


_TYPES = {kind.value: kind for kind in Type}

PING = Packet(Type.PING.value)
PROBE = Packet(b"2probe")
"""What a client sends first over a WebSocket that shall take a polling session over ..."""
PROBED = Packet(b"3probe")
"""... and what it is answered."""
UPGRADE = Packet(Type.UPGRADE.value)
"""What a client says when it goes on over the WebSocket."""
NOOP = Packet(Type.NOOP.value)
"""What ends a waiting poll when there is nothing to say."""
CLOSE = Packet(Type.CLOSE.value)


class Message(NamedTuple):
    """One packet; `binary` says whether the data is binary, which only messages have."""

    type: Type
    data: bytes = b""
    binary: bool = False


class _Open(msgspec.Struct, rename="camel"):
    sid: str
    upgrades: tuple[str, ...]
    ping_interval: int
    ping_timeout: int
    max_payload: int


def opened(sid: str, upgrades: tuple[str, ...], ping_s: float, pong_s: float, limit: int) -> Packet:
    """Return the handshake.

    Args:
        sid: the session's id. upgrades: transports that may take the session over.
        ping_s: seconds between pings. pong_s: seconds that the answer may take. limit: bytes of a payload.
    """
    handshake = _Open(sid, upgrades, round(ping_s * 1000), round(pong_s * 1000), limit)
    return Packet(Type.OPEN.value + msgspec.json.encode(handshake))


def read(packet: Packet) -> Message:
    """Read a WebSocket message. Raises ProtocolViolation (3501) for what is no packet."""
    if packet.binary:
        return Message(Type.MESSAGE, packet.data, binary=True)
    kind = _TYPES.get(packet.data[:1])
    if kind is None:
        raise ProtocolViolation(BAD_REQUEST, "an Engine.IO packet begins with a digit from 0 to 6")
    return Message(kind, packet.data[1:])


def read_payload(body: bytes) -> list[Packet]:
    """Return the body of a polling request as WebSocket messages.

    Raises ProtocolViolation (3501) for what is none.
    """
    pieces = body.split(SEPARATOR)
    if len(pieces) > PACKETS_LIMIT:
        raise ProtocolViolation(BAD_REQUEST, f"more than {PACKETS_LIMIT} packets in one request")
    return [_read_piece(piece) for piece in pieces]


def _read_piece(piece: bytes) -> Packet:
    if piece[:1] == b"b":
        try:
            return Packet(a2b_base64(piece[1:], strict_mode=True), binary=True)
        except (Base64Error, ValueError):
            raise ProtocolViolation(BAD_REQUEST, "a binary packet is base64") from None
    try:
        piece.decode()
    except UnicodeDecodeError:
        raise ProtocolViolation(BAD_REQUEST, "a text packet is UTF-8") from None
    packet = Packet(piece)
    read(packet)
    return packet


def wrap(packet: Packet) -> Packet:
    """Return a dialect's packet as a WebSocket message."""
    return packet if packet.binary else Packet(Type.MESSAGE.value + packet.data)


def piece(packet: Packet) -> bytes:
    """Return a WebSocket message as a piece of a polling payload, separator first."""
    if packet.binary:
        return b"\x1eb" + b2a_base64(packet.data, newline=False)
    if (
        SEPARATOR in packet.data
    ):  # within a JSON string, where nothing else than its escape may stand
        return SEPARATOR + packet.data.replace(SEPARATOR, b"\\u001e")
    return SEPARATOR + packet.data


def payload(pieces: Iterable[bytes]) -> bytes:
    """Return what a poll is answered: pieces without the first separator."""
    return b"".join(pieces)[1:]
