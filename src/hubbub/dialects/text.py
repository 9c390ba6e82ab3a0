"""Plain WebSocket: what is sent is published, what is published is received.

A connection is one session in one channel, both named by the address it was opened with. It has two formats:

plain
    Every message of the client is published as it is; every publication arrives as it is. Text that is a JSON
    object or array counts as JSON, other text as text, a binary message as bytes. A JSON *string* that came
    from another protocol is shown without its quotes. There is no room for replies: a refusal closes the
    connection, with 1008 where trying again cannot help and 1013 where it can. A gap that the server could
    not close cannot be told either; who must know of gaps takes the other format. What the application
    pushes to the client looks like a publication: the data, whatever the event is called.

json
    Everything the server says is a JSON object with a `type`: `envelope.py` lists them, and `asked.py` has
    the rule for what a client may ask.

A client may send a heartbeat, one agreed text, that is never published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from hubbub.dialects import asked, envelope
from hubbub.dialects.contract import (
    Command,
    Connect,
    Emit,
    Ended,
    Failed,
    Publish,
    Push,
    Renderer,
    Reply,
    Resync,
    Subscribe,
    Unsupported,
)
from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.payloads import as_one, as_text, json_container
from hubbub.dialects.positions import format_position, parse_position
from hubbub.dialects.refusals import REFUSED, TRY_AGAIN_LATER, close_of
from hubbub.errors import RESUBSCRIBE, Close, ErrorCode, ProtocolViolation
from hubbub.model import (
    ChannelName,
    ClientInfo,
    Kind,
    Packet,
    Packets,
    Position,
    Publication,
    UserId,
)

__all__ = [
    "PLAIN",
    "PlainRenderer",
    "TextDialect",
    "TextSettings",
    "format_position",
    "parse_position",
    "unquote",
]

_HEARTBEAT: Final = Unsupported(0, ErrorCode(0, "heartbeat"))
"""A command that comes straight back to `reply`, which knows it and answers the heartbeat."""

_JSON = Kind.JSON
_BINARY = Kind.BINARY

_STRING = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class TextSettings:
    """Say how an endpoint speaks; shared by all its sessions.

    Args:
        format: "plain", or "json" for the envelope.
        heartbeat: a text that is a sign of life and nothing else ("": none).
        heartbeat_reply: what it is answered with ("": nothing).
        token: what the client shows to prove who it is; also for its session alone.
        recent: how many of the last publications a newcomer is shown.
        since: where a client that comes back left off; use `dataclasses.replace` for its session.
    """

    format: Literal["plain", "json"] = "plain"
    heartbeat: str = ""
    heartbeat_reply: str = ""
    recent: int = 0
    since: Position | None = None
    token: str = field(default="", repr=False)


class PlainRenderer:
    """Show publications as they are."""

    __slots__ = ()

    name: str = "text-plain"
    joins: bool = False
    deltas: None = None
    templated: None = None

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Return the payload itself, binary if it is; nothing for what is no message, but would look so."""
        if publication.made:
            return []
        kind = publication.kind
        if kind is _JSON:
            return Packet(as_text(publication.data))
        return Packet(publication.data, kind is _BINARY)

    def emitted(self, emit: Emit) -> Packet:
        """Return the data itself, like that of a publication; there is no place for the event's name."""
        data, kind = as_one(emit.arguments)
        return Packet(data, binary=True) if kind is _BINARY else Packet(as_text(data))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Raise NotImplementedError: `joins` says that this format has no word for it."""
        raise NotImplementedError("plain text cannot show who joins; ask `joins` first")

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Raise NotImplementedError: `joins` says that this format has no word for it."""
        raise NotImplementedError("plain text cannot show who leaves; ask `joins` first")


PLAIN: Final = PlainRenderer()


class TextDialect:
    """Hold one plain WebSocket's side: its channel, its user, and how the endpoint speaks."""

    __slots__ = ("_channel", "_settings", "_user", "renderer")

    replays: bool = True
    pongs: bool = False
    pings: bool = False
    acknowledges: bool = False
    ends_on_resync: bool = False
    asks_at_first: bool = False
    says_farewell: bool = False

    def __init__(self, settings: TextSettings, channel: ChannelName, user: UserId) -> None:
        self.renderer: Renderer = ENVELOPE if settings.format == "json" else PLAIN
        self._settings = settings
        self._channel = channel
        self._user = user

    def open(self) -> Sequence[Command]:
        """Return the introduction and the subscription that the address implies."""
        settings = self._settings
        json = settings.format == "json"
        return (
            Connect(user=self._user, token=settings.token),
            Subscribe(self._channel, since=settings.since, recent=settings.recent, join_leave=json),
        )

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the publish that a packet is, or in the json format the command; none for a heartbeat."""
        data = packet.data
        if packet.binary:
            return (Publish(self._channel, data, Kind.BINARY),)
        settings = self._settings
        if settings.heartbeat and data == settings.heartbeat.encode():
            return (_HEARTBEAT,) if settings.heartbeat_reply else ()
        value = json_container(data)
        if value is None:
            return (Publish(self._channel, data, Kind.TEXT),)
        if settings.format == "json":
            command = asked.command(self._channel, value)
            if command is not None:
                return (command,)
        return (Publish(self._channel, value),)

    def reply(self, command: Command, reply: Reply) -> Packet | None:
        """Render an answer in the json format; in the plain one there is none.

        Raises ProtocolViolation, with 1013 if trying again can help and else 1008, when the session cannot be
        let in, and in the plain format for any refusal.
        """
        if command is _HEARTBEAT:
            return Packet(self._settings.heartbeat_reply.encode())
        json = self._settings.format == "json"
        if isinstance(reply, Failed):
            if not json or isinstance(command, (Connect, Subscribe)):
                raise ProtocolViolation(close_of(reply), f"{type(command).__name__} was refused")
            return envelope.failed(command, reply)
        return envelope.reply(command, reply) if json else None

    def push(self, push: Push) -> Packets | Close | None:
        """Say what the application says, and of a gap in the json format.

        A connection without its channel ends.
        """
        if isinstance(push, Ended):
            return Close(REFUSED if push.code < RESUBSCRIBE else TRY_AGAIN_LATER, push.reason)
        if isinstance(push, Emit):
            return self.renderer.emitted(push)
        if isinstance(push, Resync) and self._settings.format == "json":
            return envelope.resync(push)
        return None

    def farewell(self, close: Close) -> Packet | None:
        """Return nothing: a WebSocket says itself why it ends."""
        return None


def unquote(value: str) -> str:
    """Return a path or query value without the quotes of a JSON string, if it is one.

    Pages that build addresses with `JSON.stringify` send `"zhang"`, quotes included.
    """
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    try:
        return _STRING.decode(value.encode("utf-8", "replace"))
    except msgspec.DecodeError:
        return value
