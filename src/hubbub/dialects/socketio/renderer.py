"""Publications, joins and leaves as events, the same bytes for everybody in one Socket.IO namespace.

    42["message",<data>,<meta>]          or with the name and the arguments that the publication has

`meta` is `{"channel","sender":{"user","session"},"offset","tag","time","tags"}`; what is zero or empty is
left out. In the namespace `/chat` a channel `chat:room` is called `room`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import msgspec
from msgspec import Struct

from hubbub.dialects.contract import Emit
from hubbub.dialects.envelope import Member, member
from hubbub.dialects.socketio import cursor
from hubbub.dialects.socketio.packets import ROOT, SocketPacket, Type, write
from hubbub.dialects.socketio.values import ARGS_TAG, EVENT_TAG, MESSAGE, arguments, event_name
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Packets, Publication

_encode = msgspec.json.Encoder().encode
_HOLE = b'{"_placeholder":true,"num":0}'
_OURS = (EVENT_TAG, ARGS_TAG)


class Meta(Struct, omit_defaults=True, gc=False):
    """Say where a publication comes from."""

    channel: str
    sender: Member | None = None
    offset: int = 0
    tag: int = 0
    time: int = 0
    tags: dict[str, str] | None = None


class Presence(Struct):
    """Say who joined or left."""

    channel: str
    member: Member


@dataclass(frozen=True, slots=True)
class SocketIoRenderer:
    """Show what happens in channels to the clients of one namespace.

    Args:
        namespace: which. recovers: whether each publication ends with its cursor.
    """

    namespace: str = ROOT
    recovers: bool = False
    name: str = "socketio"
    joins: bool = True
    templated: None = None

    @property
    def deltas(self) -> None:
        """Return no variant of changes: the protocol has none."""
        return

    @property
    def head(self) -> bytes:
        """Return what stands between the type of a packet and its data."""
        return b"" if self.namespace == ROOT else self.namespace.encode() + b","

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render an event; bytes come after it, as a packet of their own."""
        meta = _encode(describe(self.namespace, channel, publication))
        if self.recovers and publication.offset:
            meta += b"," + _encode(cursor.write(channel, publication.offset, publication.tag))
        name = _encode(event_name(publication))
        if publication.kind is Kind.BINARY:
            head = b"%d1-%b[%b,%b,%b]" % (Type.BINARY_EVENT, self.head, name, _HOLE, meta)
            return [Packet(head), Packet(publication.data, binary=True)]
        said = arguments(publication)
        between = b"," if said else b""
        return Packet(b"%d%b[%b,%b%b%b]" % (Type.EVENT, self.head, name, said, between, meta))

    def emitted(self, emit: Emit) -> list[Packet]:
        """Render an event, with its acknowledgement if it wants one; bytes come after it."""
        said = [emit.event or MESSAGE, *emit.arguments]
        return list(write(SocketPacket(Type.EVENT, self.namespace, emit.ack or None, said)))

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `joined`."""
        return self._presence(b"joined", channel, info)

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render a `left`."""
        return self._presence(b"left", channel, info)

    def _presence(self, name: bytes, channel: ChannelName, info: ClientInfo) -> Packet:
        who = _encode(Presence(local(self.namespace, channel), member(info)))
        return Packet(b'%d%b["%b",%b]' % (Type.EVENT, self.head, name, who))


@lru_cache(maxsize=1024)
def renderer_of(namespace: str, recovers: bool = False) -> SocketIoRenderer:
    """Return what shows channels in a namespace; equal ones are equal."""
    return SocketIoRenderer(namespace, recovers)


def describe(namespace: str, channel: ChannelName, publication: Publication) -> Meta:
    """Return what is said of a publication beside what it says itself."""
    sender, offset, tags = publication.sender, publication.offset, publication.tags
    if tags:
        tags = {name: value for name, value in tags.items() if name not in _OURS}
    return Meta(
        local(namespace, publication.channel or channel),
        member(sender) if sender is not None else None,
        offset,
        publication.tag if offset else 0,
        publication.time,
        tags or None,
    )


def qualified(namespace: str, name: str) -> str:
    """Return what a channel or a method of a Socket.IO namespace is called outside."""
    return name if namespace == ROOT else f"{namespace[1:]}:{name}"


def local(namespace: str, channel: ChannelName) -> str:
    """Return what a channel is called in a namespace; one from elsewhere keeps its name."""
    return channel if namespace == ROOT else channel.removeprefix(f"{namespace[1:]}:")
