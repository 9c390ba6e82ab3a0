r"""The JSON coding of the Centrifuge protocol: objects in text frames, several of them divided by `\n`.

Payloads are embedded as they are: JSON without its raw newlines, a text as a JSON string, and bytes, which
JSON cannot hold, as a JSON string of base64. An SDK's application sees what `JSON.parse` makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from hubbub.dialects.centrifuge import pushes, results
from hubbub.dialects.centrifuge.pushes import Attendance, Notation, Push, changed, shown
from hubbub.dialects.centrifuge.requests import Call
from hubbub.dialects.contract import Command, Emit, Renderer, Reply
from hubbub.dialects.contract import Push as Said
from hubbub.dialects.nulls import decode_lenient
from hubbub.dialects.payloads import as_json, whole_characters
from hubbub.errors import BAD_REQUEST, INAPPROPRIATE_PROTOCOL, Close, ProtocolViolation
from hubbub.model import ChannelName, ClientInfo, Packet, Publication

_decode = msgspec.json.Decoder(Call).decode_lines
_encode = msgspec.json.Encoder().encode


class _Pushed(Struct, gc=False):
    push: Push


def quoted(data: bytes) -> bytes:
    """Return a JSON string of a text. Raises UnicodeDecodeError for what is none."""
    return _encode(data.decode())


NOTATION: Final = Notation(as_json, quoted)


class JsonRenderer:
    """Render pushes to all subscribers of a channel."""

    __slots__ = ()

    name: str = "centrifuge-json"
    joins: bool = True
    templated: None = None

    @property
    def deltas(self) -> Renderer | None:
        """Return the variant whose data is a JSON string of JSON, or of its change."""
        return _CHANGES

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `pub` push."""
        return Packet(_encode(_Pushed(Push(channel, shown(publication, as_json)))))

    def emitted(self, emit: Emit) -> Packet:
        """Render a `message` push."""
        return Packet(_encode(_Pushed(pushes.pushed(emit, as_json))))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `join` push."""
        return Packet(_encode(_Pushed(Push(channel, join=Attendance(pushes.info(info))))))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `leave` push."""
        return Packet(_encode(_Pushed(Push(channel, leave=Attendance(pushes.info(info))))))


class JsonDeltaRenderer(JsonRenderer):
    """Render publications as changes."""

    __slots__ = ()

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `pub` push."""
        pub = changed(publication, publication.base, NOTATION)
        return Packet(_encode(_Pushed(Push(channel, pub))))


_CHANGES: Final = JsonDeltaRenderer()


class JsonCoding:
    """Read and write the JSON form."""

    __slots__ = ("renderer",)

    ping: Packet = Packet(b"{}")

    def __init__(self) -> None:
        self.renderer: Renderer = JsonRenderer()

    def calls(self, packet: Packet) -> Sequence[Call]:
        """Return what a frame asks; blank lines and other space between commands do not matter.

        Raises ProtocolViolation: 3506 for a binary frame, 3501 for what is no command.
        """
        if packet.binary:
            raise ProtocolViolation(
                INAPPROPRIATE_PROTOCOL,
                "a binary frame in the JSON protocol; ask for centrifuge-protobuf in the handshake",
            )
        try:
            return _decode(packet.data)
        except msgspec.DecodeError:
            return _decode_again(packet.data)
        except RecursionError:
            raise ProtocolViolation(BAD_REQUEST, "the JSON is nested too deeply") from None

    def understood(self, command: Command) -> Command:
        """Return the command: payloads are JSON."""
        return command

    def reply(self, id: int, reply: Reply) -> Packet:
        """Render a reply object."""
        key, value = results.result(reply, NOTATION)
        return Packet(b'{"id":%d,"%b":%b}' % (id, key.encode(), _encode(value)))

    def push(self, push: Said) -> Packet:
        """Render a push to one client."""
        return Packet(_encode(_Pushed(pushes.pushed(push, as_json))))

    def farewell(self, close: Close) -> Packet:
        """Render a `disconnect` push."""
        return Packet(_encode(_Pushed(pushes.farewell(close))))


JSON: Final = JsonCoding()


def _decode_again(data: bytes) -> Sequence[Call]:
    """Read a frame whose only faults may be half a character, see `decode_json`, or nulls for nothing."""
    try:
        return decode_lenient(_decode, whole_characters(data))
    except msgspec.DecodeError as error:
        raise ProtocolViolation(BAD_REQUEST, f"not a command: {error}") from None
    except RecursionError:
        raise ProtocolViolation(BAD_REQUEST, "the JSON is nested too deeply") from None
