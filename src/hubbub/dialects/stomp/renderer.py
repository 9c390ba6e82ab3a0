"""Publications as MESSAGE frames, the same bytes for everybody whose subscriptions look alike.

A frame names the subscription that it is for, so the ids are part of the variant. That costs little: clients
count their subscriptions (`sub-0`, `sub-1`), and those who open the same page have the same ids. Where every
client makes up its own, the id is the one word that differs (`MessageTemplate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

from hubbub.dialects.contract import Emit, Pieces, Templated
from hubbub.dialects.payloads import as_one
from hubbub.dialects.stomp.cursor import named, place
from hubbub.dialects.stomp.destinations import EVENT, MESSAGE, TOPIC
from hubbub.dialects.stomp.frames import write
from hubbub.dialects.stomp.values import CONTENT_TYPE, TYPES, described
from hubbub.dialects.stomp.versions import Version, escaped
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Packets, Publication


class Leg(NamedTuple):
    """One subscription of a client to a channel.

    Args:
        id: what the client calls it ("": nothing, in 1.0); None where the server made it, and it is called
            like its destination.
        prefix: what stands before the channel in the destination. acks: whether messages are acknowledged.
        destination: all of it, where it does not say the channel ("": prefix and channel).
    """

    id: str | None = None
    prefix: str = TOPIC
    acks: bool = False
    destination: str = ""


BY_SERVER = Leg()


@dataclass(frozen=True, slots=True)
class StompRenderer:
    """Show what happens in a channel to the subscriptions that one client has there."""

    version: Version
    legs: tuple[Leg, ...] = (BY_SERVER,)
    name: str = "stomp"
    joins: bool = False

    @property
    def deltas(self) -> None:
        """Return no variant of changes: the protocol has none."""
        return

    @property
    def templated(self) -> Templated | None:
        """Return what makes the messages of a single subscription, and its id."""
        leg = self.legs[0]
        if len(self.legs) > 1 or not leg.id:
            return None
        return Templated(self._template(leg), escaped(leg.id, self.version).encode())

    def _template(self, leg: Leg) -> MessageTemplate:
        return MessageTemplate(self.version, leg.prefix, leg.acks, leg.destination)

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render one MESSAGE for each subscription."""
        packets = [self._message(leg, channel, publication) for leg in self.legs]
        return packets if len(packets) > 1 else packets[0]

    def _message(self, leg: Leg, channel: ChannelName, publication: Publication) -> Packet:
        (head, *rest), binary = self._template(leg).publication(channel, publication)
        if leg.id == "":
            return Packet(b"".join((head.removesuffix(_SUBSCRIPTION), *rest)), binary)
        called = leg.prefix + (publication.channel or channel) if leg.id is None else leg.id
        return Packet(escaped(called, self.version).encode().join((head, *rest)), binary)

    def emitted(self, emit: Emit) -> Packet:
        """Render what the application says to single clients, as a MESSAGE from `/event/<name>`."""
        data, kind = as_one(emit.arguments)
        destination = EVENT + (emit.event or MESSAGE)
        headers = (
            ("destination", destination),
            ("subscription", destination),
            ("message-id", f"{destination}@{blake2b(data, digest_size=8).hexdigest()}"),
            (CONTENT_TYPE, TYPES[kind]),
        )
        return Packet(write("MESSAGE", headers, data, self.version), kind is Kind.BINARY)

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Raise NotImplementedError: `joins` says that this protocol has no word for it."""
        raise NotImplementedError("STOMP cannot show who joins; ask `joins` first")

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Raise NotImplementedError: `joins` says that this protocol has no word for it."""
        raise NotImplementedError("STOMP cannot show who leaves; ask `joins` first")


@lru_cache(maxsize=1024)
def renderer_of(version: Version, legs: tuple[Leg, ...] = (BY_SERVER,)) -> StompRenderer:
    """Return what shows channels to such subscriptions; equal ones are equal."""
    return StompRenderer(version, legs)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """Show what happens in a channel to all subscriptions that differ in their ids alone.

    Args:
        version: which is spoken. prefix, acks, destination: as in `Leg`.
    """

    version: Version
    prefix: str
    acks: bool
    destination: str

    def publication(self, channel: ChannelName, publication: Publication) -> Pieces:
        """Render a MESSAGE without the id."""
        channel = publication.channel or channel
        head = _head(self.version, self.destination or self.prefix + channel)
        rest = _BODIES.of(self.version, channel, publication)
        binary = publication.kind is Kind.BINARY
        # Before 1.2 other headers say what is acknowledged.
        if self.acks and self.version is Version.V1_2:
            return Pieces((head, f"\nack:{place(publication)}@".encode(), rest), binary)
        return Pieces((head, rest), binary)


_SUBSCRIPTION: Final = b"\nsubscription:"


@lru_cache(maxsize=4096)
def _head(version: Version, destination: str) -> bytes:
    return f"MESSAGE\ndestination:{escaped(destination, version)}".encode() + _SUBSCRIPTION


def body(channel: ChannelName, publication: Publication, version: Version) -> bytes:
    """Return all of a MESSAGE that does not depend on whose it is."""
    id = escaped(named(channel, publication), version)
    lines = (f"\nmessage-id:{id}", *described(publication, version))
    data = publication.data
    return b"%b\ncontent-length:%d\n\n%b\0" % ("\n".join(lines).encode(), len(data), data)


class _Bodies:
    """Remember what the last publications look like behind their first headers: a memo, and nothing else.

    Within a turn of the loop each of the channel's encodings and templates asks for the same few.
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[tuple[Version, ChannelName, int], tuple[Publication, bytes]] = {}

    def of(self, version: Version, channel: ChannelName, publication: Publication) -> bytes:
        """Return `body`."""
        key = (version, channel, id(publication))
        made = self._made.get(key)
        if made is not None and made[0] is publication:
            return made[1]
        if len(self._made) >= _REMEMBERED:
            self._made.clear()
        written = body(channel, publication, version)
        self._made[key] = (publication, written)
        return written


_REMEMBERED = 16
_BODIES = _Bodies()
