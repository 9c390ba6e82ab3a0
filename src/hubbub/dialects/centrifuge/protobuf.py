"""The Protobuf coding of the Centrifuge protocol: messages in binary frames, each after its length.

A payload is bytes, whatever its kind: JSON and texts as they are. What a client publishes is JSON if its
bytes are, so that clients of other protocols can read it, and binary otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from msgspec import Raw, Struct
from msgspec.structs import replace

from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from hubbub.dialects.centrifuge import pushes, results
from hubbub.dialects.centrifuge.delimited import delimited, messages, varint
from hubbub.dialects.centrifuge.pushes import Attendance, Notation, Push, change
from hubbub.dialects.centrifuge.requests import Call
from hubbub.dialects.contract import (
    Command,
    Connect,
    Emit,
    Publish,
    Renderer,
    Reply,
    Rpc,
    Subscribe,
)
from hubbub.dialects.contract import Push as Said
from hubbub.dialects.payloads import as_json, json_value
from hubbub.errors import BAD_REQUEST, INAPPROPRIATE_PROTOCOL, Close, ProtocolViolation
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Publication

CALLS_LIMIT = 4096
"""Commands in one frame: a small one takes longer to read than to send."""

_PONG = Call()


def as_bytes(data: bytes, kind: Kind) -> bytes:
    """Return a payload as it is."""
    return data


def as_it_is(data: bytes) -> bytes:
    """Return what needs no quotes."""
    return data


NOTATION: Final = Notation(as_bytes, as_it_is)


class ProtobufRenderer:
    """Render pushes to all subscribers of a channel."""

    __slots__ = ()

    name: str = "centrifuge-protobuf"
    joins: bool = True
    templated: None = None

    @property
    def deltas(self) -> Renderer | None:
        """Return the variant whose data may be the change of a payload."""
        return _CHANGES

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `pub` push."""
        return _published(channel, publication, publication.data)

    def emitted(self, emit: Emit) -> Packet:
        """Render a `message` push."""
        return _pushed(pushes.pushed(emit, as_bytes))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `join` push."""
        return _pushed(Push(channel, join=Attendance(pushes.info(info))))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `leave` push."""
        return _pushed(Push(channel, leave=Attendance(pushes.info(info))))


class ProtobufDeltaRenderer(ProtobufRenderer):
    """Render publications as changes."""

    __slots__ = ()

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `pub` push."""
        return _published(channel, publication, *change(publication, publication.base, NOTATION))


_CHANGES: Final = ProtobufDeltaRenderer()


class ProtobufCoding:
    """Read and write the Protobuf form."""

    __slots__ = ("renderer",)

    ping: Packet = Packet(b"\x00", binary=True)
    """A message without fields."""

    def __init__(self) -> None:
        self.renderer: Renderer = ProtobufRenderer()

    def calls(self, packet: Packet) -> Sequence[Call]:
        """Return what a frame asks; fields that are not known do not matter.

        Raises ProtocolViolation: 3506 for a text frame, 3501 for what is no command, or too many of them.
        """
        if not packet.binary:
            raise ProtocolViolation(
                INAPPROPRIATE_PROTOCOL,
                "a text frame in the Protobuf protocol; ask for centrifuge-json in the handshake",
            )
        calls: list[Call] = []
        try:
            for message in messages(packet.data):
                if len(calls) == CALLS_LIMIT:
                    raise ProtocolViolation(BAD_REQUEST, f"over {CALLS_LIMIT} commands in a frame")
                calls.append(_call(message) if message else _PONG)
        except (DecodeError, msgspec.ValidationError) as error:
            raise ProtocolViolation(BAD_REQUEST, f"not a command: {error}") from None
        return calls

    def understood(self, command: Command) -> Command:
        """Return a command whose payload is known to be JSON, or not; what the application takes is JSON."""
        if isinstance(command, Publish | Rpc):
            value = json_value(command.data)
            if value is None:
                return replace(command, kind=Kind.BINARY)
            return replace(command, data=value)
        if isinstance(command, Connect | Subscribe) and command.data:
            value = json_value(command.data) or as_json(command.data, Kind.BINARY)
            return replace(command, data=value)
        return command

    def reply(self, id: int, reply: Reply) -> Packet:
        """Render a reply message."""
        key, value = results.result(reply, NOTATION)
        message = wire.Reply(id=id)
        _write(getattr(message, key), value)
        return _packet(message)

    def push(self, push: Said) -> Packet:
        """Render a push to one client."""
        return _pushed(pushes.pushed(push, as_bytes))

    def farewell(self, close: Close) -> Packet:
        """Render a `disconnect` push."""
        return _pushed(pushes.farewell(close))


PROTOBUF: Final = ProtobufCoding()

# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _call(message: bytes) -> Call:
    return msgspec.convert(_read(wire.Command.FromString(message)), Call)


def _read(message: Message) -> dict[str, object]:
    """Return the fields that are set, by name, as `msgspec.convert` takes them."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: object) -> object:
    if isinstance(value, Message):
        return _read(value)
    if isinstance(value, Mapping):
        return {key: _value(field, each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_value(field, each) for each in value]
    return Raw(value) if isinstance(value, bytes) else value


# ── writing ─────────────────────────────────────────────────────────────────────────────────────


def _pushed(push: Push) -> Packet:
    reply = wire.Reply()
    _write(reply.push, push)
    return _packet(reply)


def _packet(reply: wire.Reply) -> Packet:
    return Packet(delimited(reply.SerializeToString()), binary=True)


def _write(message: Message, value: Struct) -> None:
    """Set the fields of a message to those of a value, which have the same names."""
    message.SetInParent()
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if isinstance(field, Struct):
            _write(getattr(message, name), field)
        elif isinstance(field, list):
            for each in field:
                _write(getattr(message, name).add(), each)
        elif isinstance(field, dict):
            for key, each in field.items():
                if isinstance(each, Struct):
                    _write(getattr(message, name)[key], each)
                else:
                    getattr(message, name)[key] = each
        elif field is not None:
            setattr(message, name, bytes(field) if isinstance(field, Raw) else field)


def _published(
    channel: ChannelName, publication: Publication, data: bytes, delta: bool = False
) -> Packet:
    """Return a `pub` push; written by hand, because nothing else is rendered so often."""
    name, pub = channel.encode(), _publication(publication, data, delta)
    push = b"\x12%b%b\x22%b%b" % (varint(len(name)), name, varint(len(pub)), pub)
    reply = b"\x22%b%b" % (varint(len(push)), push)
    return Packet(varint(len(reply)) + reply, binary=True)


def _publication(publication: Publication, data: bytes, delta: bool) -> bytes:
    """Return a message Publication; each of its fields begins with its number and type."""
    sender = publication.sender
    parts = [b"\x22", varint(len(data)), data]
    if sender is not None:
        info = _info(sender)
        parts += (b"\x2a", varint(len(info)), info)
    if publication.offset:
        parts += (b"\x30", varint(publication.offset))
    for key, value in (publication.tags or {}).items():
        entry = _two(key, value)
        parts += (b"\x3a", varint(len(entry)), entry)
    if delta:
        parts.append(b"\x40\x01")
    if publication.time:
        parts += (b"\x48", varint(publication.time))
    if publication.channel:
        channel = publication.channel.encode()
        parts += (b"\x52", varint(len(channel)), channel)
    return b"".join(parts)


def _info(info: ClientInfo) -> bytes:
    data = _two(info.user, info.session)
    if info.conn_info:
        data += b"\x1a%b%b" % (varint(len(info.conn_info)), info.conn_info)
    if info.chan_info:
        data += b"\x22%b%b" % (varint(len(info.chan_info)), info.chan_info)
    return data


def _two(first: str, second: str) -> bytes:
    """Return the fields 1 and 2 of a message, which are strings."""
    one, two = first.encode(), second.encode()
    return b"\x0a%b%b\x12%b%b" % (varint(len(one)), one, varint(len(two)), two)
