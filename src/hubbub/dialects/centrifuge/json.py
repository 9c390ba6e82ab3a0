r"""The JSON coding of the Centrifuge protocol: objects in text frames, several of them divided by `\n`.

Payloads are embedded as they are: JSON without its raw newlines, a text as a JSON string, and bytes, which
JSON cannot hold, as a JSON string of base64. An SDK's application sees what `JSON.parse` makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw

from hubbub.dialects.centrifuge.requests import Call
from hubbub.dialects.centrifuge.results import result
from hubbub.dialects.contract import Renderer, Reply
from hubbub.dialects.payloads import as_json, one_line, quote, whole_characters
from hubbub.errors import BAD_REQUEST, INAPPROPRIATE_PROTOCOL, ProtocolViolation
from hubbub.model import ChannelName, ClientInfo, Packet, Publication

_CACHED_CHANNELS = 4096

_decode = msgspec.json.Decoder(Call).decode_lines
_encode = msgspec.json.Encoder().encode


class JsonRenderer:
    """Render pushes to all subscribers of a channel; what it remembers can be made again at any time."""

    __slots__ = ("_heads",)

    name: str = "centrifuge-json"
    joins: bool = True

    def __init__(self) -> None:
        self._heads: dict[ChannelName, bytes] = {}

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `pub` push."""
        head = self._heads.get(channel) or self._head(channel)
        return Packet(b'%b"pub":%b}}' % (head, publication_json(publication)))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `join` push."""
        head = self._heads.get(channel) or self._head(channel)
        return Packet(b'%b"join":{"info":%b}}}' % (head, info_json(info)))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `leave` push."""
        head = self._heads.get(channel) or self._head(channel)
        return Packet(b'%b"leave":{"info":%b}}}' % (head, info_json(info)))

    def _head(self, channel: ChannelName) -> bytes:
        if len(self._heads) >= _CACHED_CHANNELS:
            self._heads.clear()
        head = self._heads[channel] = b'{"push":{"channel":%b,' % quote(channel)
        return head


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
        except msgspec.DecodeError as error:
            return _decode_again(packet.data, error)
        except RecursionError:
            raise ProtocolViolation(BAD_REQUEST, "the JSON is nested too deeply") from None

    def reply(self, id: int, reply: Reply) -> Packet:
        """Render a reply object."""
        key, value = result(reply, self)
        return Packet(b'{"id":%d,"%b":%b}' % (id, key.encode(), _encode(value)))

    def unsubscribed(self, channel: ChannelName, code: int, reason: str) -> Packet:
        """Render an `unsubscribe` push."""
        return Packet(
            b'{"push":{"channel":%b,"unsubscribe":{"code":%d,"reason":%b}}}'
            % (quote(channel), code, quote(reason))
        )

    def publication(self, publication: Publication) -> Raw:
        """Return the JSON of a publication for a result."""
        return Raw(publication_json(publication))

    def info(self, info: ClientInfo) -> Raw:
        """Return the JSON of a client info for a result."""
        return Raw(info_json(info))


JSON: Final = JsonCoding()


def publication_json(publication: Publication) -> bytes:
    """Return a publication as the protocol writes it."""
    parts = [b'{"data":', as_json(publication.data, publication.kind)]
    if publication.sender is not None:
        parts.append(b',"info":')
        parts.append(info_json(publication.sender))
    if publication.offset:
        parts.append(b',"offset":%d' % publication.offset)
    if publication.tags:
        parts.append(b',"tags":')
        parts.append(_encode(publication.tags))
    parts.append(b"}")
    return b"".join(parts)


def info_json(info: ClientInfo) -> bytes:
    """Return who somebody is; `user` and `client` are never left out."""
    head = b'{"user":%b,"client":%b' % (_encode(info.user), _encode(info.session))
    if info.conn_info:
        head += b',"conn_info":' + one_line(info.conn_info)
    if info.chan_info:
        head += b',"chan_info":' + one_line(info.chan_info)
    return head + b"}"


def _decode_again(data: bytes, error: msgspec.DecodeError) -> Sequence[Call]:
    """Read a frame whose only fault may be half a character, which browsers write; see `decode_json`."""
    whole = whole_characters(data)
    if whole != data:
        try:
            return _decode(whole)
        except msgspec.DecodeError as again:
            error = again
    raise ProtocolViolation(BAD_REQUEST, f"not a command: {error}") from None
