"""Messages of the Protobuf coding, written and read by the library."""

from __future__ import annotations

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.delimited import delimited
from hubbub.dialects.centrifuge.protobuf import PROTOBUF
from hubbub.model import Packet, Packets


def framed(*commands: wire.Command) -> Packet:
    return Packet(b"".join(delimited(each.SerializeToString()) for each in commands), binary=True)


def read(packet: Packets | None) -> wire.Reply:
    """Return the one message of a packet."""
    assert isinstance(packet, Packet) and packet.binary
    length = next(n for n, byte in enumerate(packet.data, 1) if byte < 128)
    return wire.Reply.FromString(packet.data[length:])


def introduced() -> CentrifugeDialect:
    dialect = CentrifugeDialect(PROTOBUF)
    dialect.receive(framed(wire.Command(id=1, connect=wire.ConnectRequest())))
    dialect.reply(say.Connect(1), say.Connected("s1"))
    return dialect
