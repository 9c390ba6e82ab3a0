"""The Centrifuge protocol for who only listens: one request to connect, and then pushes, each by itself.

Such a client needs no SDK. What it follows, its token says, or the application, or its own request (`subs`).
Nothing that it says later counts, and whatever goes wrong ends the connection, because there are no replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec import structs

from hubbub.dialects.centrifuge import pushes, results
from hubbub.dialects.centrifuge.json import NOTATION
from hubbub.dialects.centrifuge.pushes import Attendance, shown
from hubbub.dialects.centrifuge.requests import ConnectRequest
from hubbub.dialects.contract import (
    Command,
    Connected,
    Emit,
    Failed,
    Ping,
    Push,
    Renderer,
    Reply,
    Resync,
)
from hubbub.dialects.nulls import decode_lenient
from hubbub.dialects.payloads import as_json, decode_json
from hubbub.errors import (
    BAD_REQUEST,
    EXPIRED,
    EXPIRED_ERROR,
    INAPPROPRIATE_PROTOCOL,
    INSUFFICIENT_STATE,
    INTERNAL_ERROR,
    PERMISSION_DENIED,
    PERMISSION_DENIED_CLOSE,
    TOKEN_EXPIRED,
    TOO_MANY_REQUESTS,
    TOO_MANY_REQUESTS_ERROR,
    Close,
    ProtocolViolation,
)
from hubbub.model import ChannelName, ClientInfo, Packet, Publication

_decode = partial(decode_json, msgspec.json.Decoder(ConnectRequest))
_encode = msgspec.json.Encoder().encode
_PING = Packet(b"{}")

_CLOSES = {
    TOKEN_EXPIRED.code: EXPIRED,
    EXPIRED_ERROR.code: EXPIRED,
    TOO_MANY_REQUESTS_ERROR.code: TOO_MANY_REQUESTS,
    PERMISSION_DENIED.code: PERMISSION_DENIED_CLOSE,
}
"""How the connection ends by the code of the error that connecting failed with; all others are 3004."""


class UnidirectionalRenderer:
    """Render pushes to all subscribers of a channel."""

    __slots__ = ()

    name: str = "centrifuge-unidirectional"
    joins: bool = True
    templated: None = None
    deltas: Renderer | None = None

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a publication."""
        return Packet(_encode(pushes.Push(channel, shown(publication, as_json))))

    def emitted(self, emit: Emit) -> Packet:
        """Render a `message`."""
        return Packet(_encode(pushes.pushed(emit, as_json)))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a join."""
        return Packet(_encode(pushes.Push(channel, join=Attendance(pushes.info(info)))))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a leave."""
        return Packet(_encode(pushes.Push(channel, leave=Attendance(pushes.info(info)))))


_RENDERER: Final = UnidirectionalRenderer()


class UnidirectionalDialect:
    """Hold one listener's side: whether it has introduced itself.

    Args:
        said: the request to connect, where the address has it ("": it comes as a message).
    """

    __slots__ = ("_introduced", "_said", "renderer")

    replays: bool = False
    pings: bool = True
    pongs: bool = False
    acknowledges: bool = False
    ends_on_resync: bool = True
    asks_at_first: bool = True
    says_farewell: bool = True

    def __init__(self, said: str = "") -> None:
        self.renderer: Renderer = _RENDERER
        self._said = said
        self._introduced = False

    def open(self) -> Sequence[Command]:
        """Return the Connect of the address, if it has one."""
        said, self._said = self._said, ""
        return self.receive(Packet(said.encode())) if said else ()

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the Connect of the first message, and nothing for those behind it.

        Raises ProtocolViolation: 3506 for bytes, 3501 for what is no request.
        """
        if self._introduced:
            return ()
        if packet.binary:
            raise ProtocolViolation(INAPPROPRIATE_PROTOCOL, "who only listens speaks JSON")
        try:
            request = decode_lenient(_decode, packet.data)
        except msgspec.DecodeError as error:
            raise ProtocolViolation(BAD_REQUEST, f"no connect request: {error}") from None
        self._introduced = True
        return (request.command(1),)

    def reply(self, command: Command, reply: Reply) -> Packet | None:
        """Render how connecting went. Raises ProtocolViolation where it failed."""
        if isinstance(reply, Failed):
            close = _CLOSES.get(reply.error.code, INTERNAL_ERROR)
            raise ProtocolViolation(close, reply.detail or reply.error.message)
        return _connected(reply) if isinstance(reply, Connected) else None

    def push(self, push: Push) -> Packet | Close | None:
        """Render a push; nothing comes before the answer to connect."""
        if not self._introduced:
            return None
        if isinstance(push, Resync):
            return INSUFFICIENT_STATE
        return _PING if isinstance(push, Ping) else Packet(_encode(pushes.pushed(push, as_json)))

    def farewell(self, close: Close) -> Packet | None:
        """Render why the connection ends."""
        return Packet(_encode(pushes.farewell(close)))


def _connected(reply: Connected) -> Packet:
    """Render the answer to connect: it asks for no pongs, and names no node to speak to."""
    _, result = results.result(structs.replace(reply, node=""), NOTATION)
    return Packet(b'{"connect":%b}' % _encode(structs.replace(result, pong=False)))
