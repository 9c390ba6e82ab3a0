"""Frames on their way out (RFC 6455 section 5.2), and the numbers that all frames are made of."""

from __future__ import annotations

from struct import Struct

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.transports.websocket.deflate import WORTH_COMPRESSING, deflate

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

FIN, RSV1, RSV2_AND_RSV3, OPCODE = 0x80, 0x40, 0x30, 0x0F
CONTROL = 0x8
"""The bit of the opcode that control frames have."""

MASKED, LENGTH = 0x80, 0x7F
LONG, VERY_LONG = 126, 127
"""Lengths that say: the length follows, in two or in eight bytes."""

TWO_BYTES, EIGHT_BYTES = Struct("!H"), Struct("!Q")
MAX_CONTROL_PAYLOAD = 125
MAX_REASON = MAX_CONTROL_PAYLOAD - 2
NO_STATUS = 1005
"""Stands for a CLOSE frame without a code; never sent (RFC 6455 section 7.4.1)."""

PING_FRAME = bytes((FIN | PING, 0))


def build_frame(opcode: int, payload: bytes, *, compressed: bool = False) -> bytes:
    """Make one final, unmasked frame, as servers send them (RFC 6455 section 5.2)."""
    return head(opcode, len(payload), compressed=compressed) + payload


def head(opcode: int, size: int, *, compressed: bool = False) -> bytes:
    """Return what stands before a payload of `size` bytes in such a frame."""
    first = FIN | opcode | RSV1 if compressed else FIN | opcode
    if size < LONG:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, LONG)) + TWO_BYTES.pack(size)
    return bytes((first, VERY_LONG)) + EIGHT_BYTES.pack(size)


def plain_frame(packet: Packet) -> bytes:
    """Make the frame of a packet for clients that negotiated no compression."""
    return build_frame(BINARY if packet.binary else TEXT, packet.data)


def deflated_frame(packet: Packet) -> bytes:
    """Like `plain_frame`, but compressed where that makes a message of 512 bytes or more smaller."""
    if len(packet.data) >= WORTH_COMPRESSING:
        compressed = deflate(packet.data)
        if len(compressed) < len(packet.data):
            return build_frame(BINARY if packet.binary else TEXT, compressed, compressed=True)
    return plain_frame(packet)


def close_frame(close: Close) -> bytes:
    """Make a CLOSE frame; its reason is cut to 123 bytes at a character's border."""
    if close.code == NO_STATUS:
        return build_frame(CLOSE, b"")
    reason = close.reason.encode()[:MAX_REASON].decode(errors="ignore")
    return build_frame(CLOSE, TWO_BYTES.pack(close.code) + reason.encode())
