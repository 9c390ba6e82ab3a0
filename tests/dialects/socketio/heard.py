"""Packets as PyPI's python-socketio reads and writes them, which knows nothing of ours."""

from __future__ import annotations

from typing import Any, NamedTuple

from socketio.packet import Packet as Theirs

from hubbub.errors import Close
from hubbub.model import Packet, Packets


class Heard(NamedTuple):
    """A packet: its type as the protocol numbers it, without the difference that attachments make."""

    type: int
    data: Any
    namespace: str = "/"
    id: int | None = None


def hear(packets: Packets | Close | None) -> list[Heard]:
    """Return what a client makes of packets."""
    assert not isinstance(packets, Close)
    heard: list[Heard] = []
    pending: Any = None
    for packet in packets if isinstance(packets, list) else [packets] if packets else []:
        if pending is not None:
            assert packet.binary
            whole = pending.add_attachment(packet.data)
        else:
            assert not packet.binary
            pending = Theirs(encoded_packet=packet.data.decode())
            whole = pending.attachment_count == 0
        if whole:
            kind = {5: 2, 6: 3}.get(pending.packet_type, pending.packet_type)
            heard.append(Heard(kind, pending.data, pending.namespace or "/", pending.id))
            pending = None
    assert pending is None, "attachments are missing"
    return heard


def said(
    kind: int, data: object = None, namespace: str = "/", id: int | None = None
) -> list[Packet]:
    """Return the messages that a client sends for a packet."""
    encoded = Theirs(packet_type=kind, data=data, namespace=namespace, id=id).encode()
    messages = encoded if isinstance(encoded, list) else [encoded]
    return [
        Packet(each, binary=True) if isinstance(each, bytes) else Packet(each.encode())
        for each in messages
    ]


CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = range(5)
