"""Publications as MESSAGE frames, the same bytes for everybody whose subscriptions look alike.

A frame names the subscription that it is for, so the ids are part of the variant. That costs less than
it seems: clients count their subscriptions (`sub-0`, `sub-1`), and those who open the same page have the same
ids. Where every client makes up its own, all that follows the id is still made once (`_Bodies`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from hubbub.dialects.contract import Emit
from hubbub.dialects.payloads import as_one
from hubbub.dialects.stomp.cursor import place
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

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render one MESSAGE for each subscription."""
        channel = publication.channel or channel
        rest = _BODIES.of(self.version, channel, publication)
        binary = publication.kind is Kind.BINARY
        packets = [
            Packet(
                b"%b%b%b"
                % (_head(self.version, leg, channel), _ack(self.version, leg, publication), rest),
                binary,
            )
            for leg in self.legs
        ]
        return packets if len(packets) > 1 else packets[0]

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


@lru_cache(maxsize=4096)
def _head(version: Version, leg: Leg, channel: ChannelName) -> bytes:
    """Return how the messages of a subscription begin."""
    destination = escaped(leg.destination or leg.prefix + channel, version)
    subscription = destination if leg.id is None else escaped(leg.id, version)
    lines = ["MESSAGE", f"destination:{destination}"]
    if subscription:
        lines.append(f"subscription:{subscription}")
    return "\n".join(lines).encode()


def _ack(version: Version, leg: Leg, publication: Publication) -> bytes:
    """Return the header by which a message is acknowledged, in 1.2; before, the others say it."""
    if not leg.acks or version is not Version.V1_2:
        return b""
    return f"\nack:{place(publication)}@{escaped(leg.id or '', version)}".encode()


def body(channel: ChannelName, publication: Publication, version: Version) -> bytes:
    """Return all of a MESSAGE that does not depend on whose it is."""
    id = escaped(f"{channel}@{place(publication)}", version)
    lines = (f"\nmessage-id:{id}", *described(publication, version))
    data = publication.data
    return b"%b\ncontent-length:%d\n\n%b\0" % ("\n".join(lines).encode(), len(data), data)


class _Bodies:
    """Remember what the last publications look like behind their first headers: a memo, and nothing else.

    Within a turn of the loop each of the channel's encodings asks for the same few.
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
