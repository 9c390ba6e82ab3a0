"""What the server says in the json format of plain WebSocket: JSON objects with a `type`.

::

    {"type":"connected","session":"..."}
    {"type":"subscribed","channel":"...","epoch":"...","position":"<epoch>.<offset>.<tag>","recoverable":true,
     "recovered":false,"reason":"gap"}           the last two only for a client that came back with a position
    {"type":"message","channel":"...","data":...,"sender":{"user":"...","session":"..."},
     "offset":7,"tag":123,"time":1700000000000,"tags":{}}
    {"type":"push","event":"...","data":...}          of the application, to this client; in no channel
    {"type":"joined","channel":"...","member":{"user":"...","session":"..."}}, and "left"
    {"type":"published","id":1,"offset":7,"position":"..."}   only for a publish that carried an id
    {"type":"history","id":2,"channel":"...","position":"...","publications":[message, ...]}
    {"type":"presence","id":3,"channel":"...","members":[...]} or "clients" and "users"
    {"type":"pong"}
    {"type":"answer","id":4,"data":{...}}     to an operation (`operations.py`) that carried an id
    {"type":"error","id":1,"code":103,"message":"permission denied","temporary":true}
    {"type":"resync","channel":"...","epoch":"...","position":"...","reason":"..."}

`data` is the payload itself if it is JSON, a string if it is text, and a string of base64 beside
`"encoding":"base64"` if it is bytes. What is zero or empty is left out. The position after a message
is `epoch + "." + offset + "." + tag`, with the epoch of the last `subscribed` or `resync`; it is what
`since` takes. A message without an offset is ephemeral and has no position.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, Struct

from hubbub.dialects.contract import (
    Answered,
    Command,
    Connected,
    Counts,
    Emit,
    Failed,
    HistoryPage,
    Members,
    Pong,
    Published,
    Reply,
    Resync,
    Subscribed,
    Unsupported,
)
from hubbub.dialects.payloads import as_json, as_one, embedded
from hubbub.dialects.positions import format_position
from hubbub.errors import ErrorCode
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Publication

PING: Final = Unsupported(0, ErrorCode(0, "ping"))
"""A command that comes straight back to `failed`, which knows it and answers `pong`."""

_PONG = Packet(b'{"type":"pong"}')
_BINARY = Kind.BINARY

_encode = msgspec.json.Encoder().encode

# ── what the server says ────────────────────────────────────────────────────────────────────────


class Member(Struct, omit_defaults=True, gc=False):
    """Say who somebody is; both infos are JSON of the application."""

    user: str
    session: str
    conn_info: Raw | None = None
    chan_info: Raw | None = None


class _Answer(Struct, omit_defaults=True, tag_field="type"):
    pass


class Message(_Answer, tag="message", gc=False):
    """Show a publication."""

    channel: str
    data: Raw
    encoding: str = ""
    sender: Member | None = None
    offset: int = 0
    tag: int = 0
    time: int = 0
    tags: dict[str, str] | None = None


class _Pushed(_Answer, tag="push", gc=False):
    data: Raw
    event: str = ""
    encoding: str = ""


class _Joined(_Answer, tag="joined", gc=False):
    channel: str
    member: Member


class _Left(_Answer, tag="left", gc=False):
    channel: str
    member: Member


class EnvelopeRenderer:
    """Wrap publications, joins and leaves."""

    __slots__ = ()

    name: str = "text-json"
    joins: bool = True
    deltas: None = None
    templated: None = None

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render a `message`."""
        return Packet(_encode(message(channel, publication)))

    def emitted(self, emit: Emit) -> Packet:
        """Render a `push`."""
        data, kind = as_one(emit.arguments)
        encoding = "base64" if kind is _BINARY else ""
        return Packet(_encode(_Pushed(Raw(as_json(data, kind)), emit.event, encoding)))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `joined`."""
        return Packet(_encode(_Joined(channel, member(info))))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `left`."""
        return Packet(_encode(_Left(channel, member(info))))


ENVELOPE: Final = EnvelopeRenderer()


def message(channel: ChannelName, publication: Publication) -> Message:
    """Return what is shown of a publication; the tag goes with the offset, to make a position."""
    kind, sender, offset = publication.kind, publication.sender, publication.offset
    return Message(
        channel,
        Raw(as_json(publication.data, kind)),
        "base64" if kind is _BINARY else "",
        member(sender) if sender is not None else None,
        offset,
        publication.tag if offset else 0,
        publication.time,
        publication.tags or None,
    )


def member(info: ClientInfo) -> Member:
    """Return what is shown of somebody."""
    return Member(info.user, info.session, embedded(info.conn_info), embedded(info.chan_info))


class _Connected(_Answer, tag="connected"):
    session: str


class _Subscribed(_Answer, tag="subscribed"):
    channel: str
    epoch: str
    position: str
    recoverable: bool = False
    recovered: bool | None = None
    reason: str = ""


class _Published(_Answer, tag="published"):
    id: int
    offset: int = 0
    position: str = ""


class _History(_Answer, tag="history"):
    channel: str
    epoch: str
    position: str
    publications: list[Message]
    id: int = 0


class _Members(_Answer, tag="presence"):
    channel: str
    members: list[Member]
    id: int = 0


class _Counts(_Answer, tag="presence"):
    channel: str
    clients: int
    users: int
    id: int = 0


class _Answered(_Answer, tag="answer"):
    id: int
    data: Raw


class _Error(_Answer, tag="error"):
    code: int
    message: str
    temporary: bool = False
    id: int = 0


class _Resync(_Answer, tag="resync"):
    channel: str
    epoch: str
    position: str
    reason: str


def reply(command: Command, reply: Reply) -> Packet | None:
    """Render an answer that is no refusal; None for what nobody asked about."""
    if isinstance(reply, Published):
        return _published(command, reply)
    if isinstance(reply, Answered):
        id = _id(command)
        return Packet(_encode(_Answered(id, Raw(as_json(reply.data, reply.kind))))) if id else None
    answer: _Answer
    if isinstance(reply, Connected):
        answer = _Connected(reply.session)
    elif isinstance(reply, Subscribed):
        at, asked = reply.position, reply.asked is not None
        answer = _Subscribed(
            reply.channel,
            at.epoch,
            format_position(at),
            reply.recoverable,
            reply.recovered if asked else None,
            reply.reason,
        )
    elif isinstance(reply, HistoryPage):
        at = reply.position
        pages = [message(reply.channel, each) for each in reply.publications]
        answer = _History(reply.channel, at.epoch, format_position(at), pages, _id(command))
    elif isinstance(reply, Members):
        members = [member(info) for info in reply.members.values()]
        answer = _Members(reply.channel, members, _id(command))
    elif isinstance(reply, Counts):
        answer = _Counts(reply.channel, reply.clients, reply.users, _id(command))
    else:
        return None
    return Packet(_encode(answer))


def failed(command: Command, reply: Failed) -> Packet:
    """Render a refusal."""
    if command is PING:
        return _PONG
    error = reply.error
    return Packet(
        _encode(_Error(error.code, reply.detail or error.message, error.temporary, _id(command)))
    )


def resync(push: Resync) -> Packet:
    """Render that publications may be missing."""
    at = push.position
    return Packet(_encode(_Resync(push.channel, at.epoch, format_position(at), push.reason)))


def _published(command: Command, reply: Published) -> Packet | None:
    asked = _id(command)
    if not asked:
        return None
    at = reply.position
    word = format_position(at) if at.offset else ""
    return Packet(_encode(_Published(asked, at.offset, word)))


def _id(command: Command) -> int:
    return 0 if isinstance(command, Pong) else command.id
