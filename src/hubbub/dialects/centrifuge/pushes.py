"""What the server says by itself in the Centrifuge protocol: values with the protocol's own field names.

Fields at their default are left out on the wire, but for those of the structs that say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from hubbub.dialects import contract
from hubbub.dialects.contract import Emit, Ended, Entered, Renewed
from hubbub.dialects.fossil import create_delta
from hubbub.dialects.payloads import as_json, as_one, embedded
from hubbub.errors import Close
from hubbub.model import ClientInfo, Kind, Publication

VERSION = f"hubbub {version('hubbub')}"
"""What the server calls itself."""

Payload: TypeAlias = Callable[[bytes, Kind], bytes]
"""How a coding shows a payload of a kind."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a coding writes payloads.

    Args:
        payload: shows one of a kind.
        quoted: what stands for a payload so shown, or for the change of one, where changes are shown.
    """

    payload: Payload
    quoted: Callable[[bytes], bytes]


_encode = msgspec.json.Encoder().encode


class Info(Struct, omit_defaults=True, gc=False):
    """Say who somebody is; `user` and `client` are never left out."""

    user: str
    client: str
    conn_info: Raw | None = None
    chan_info: Raw | None = None


class Pub(Struct, omit_defaults=True, gc=False):
    """Show a publication; `time` is in milliseconds since 1970.

    `channel` is told where a pattern is followed. With `delta`, data is the change of the one before.
    """

    data: Raw
    info: Info | None = None
    offset: int = 0
    tags: dict[str, str] | None = None
    time: int = 0
    channel: str = ""
    delta: bool = False


class Attendance(Struct, gc=False):
    """Say who joined or left."""

    info: Info


class End(Struct, gc=False):
    """Say that the server ended a subscription."""

    code: int
    reason: str


class Disconnect(Struct, omit_defaults=True, gc=False):
    """Say that the server ends the connection, and whether the client may come back by itself."""

    code: int
    reason: str
    reconnect: bool = False


class Start(Struct, omit_defaults=True, gc=False):
    """Say that the server made a subscription, and where it starts."""

    recoverable: bool = False
    epoch: str = ""
    offset: int = 0
    positioned: bool = False
    data: Raw | None = None


class Message(Struct, gc=False):
    """Say something of the application that belongs to no channel."""

    data: Raw


class Renewal(Struct, omit_defaults=True, gc=False):
    """Say for how many seconds (`ttl`) a connection is good now, if it expires at all."""

    expires: bool = False
    ttl: int = 0


class Push(Struct, omit_defaults=True, gc=False):
    """Say one thing, about a channel unless it is about the connection."""

    channel: str = ""
    pub: Pub | None = None
    join: Attendance | None = None
    leave: Attendance | None = None
    unsubscribe: End | None = None
    subscribe: Start | None = None
    message: Message | None = None
    disconnect: Disconnect | None = None
    refresh: Renewal | None = None


def shown(publication: Publication, payload: Payload) -> Pub:
    """Return what is shown of a publication."""
    return _pub(publication, payload(publication.data, publication.kind))


def changed(publication: Publication, base: bytes | None, notation: Notation) -> Pub:
    """Return what is shown of a publication to who has `base`: the change, if that is shorter."""
    return _pub(publication, *change(publication, base, notation))


def change(publication: Publication, base: bytes | None, notation: Notation) -> tuple[bytes, bool]:
    """Return the data of `changed`, and whether it is a change."""
    payload, kind = notation.payload, publication.kind
    whole = payload(publication.data, kind)
    delta = None if base is None else create_delta(payload(base, kind), whole)
    return notation.quoted(whole if delta is None else delta), delta is not None


def _pub(publication: Publication, data: bytes, delta: bool = False) -> Pub:
    sender = publication.sender
    return Pub(
        Raw(data),
        info(sender) if sender is not None else None,
        publication.offset,
        publication.tags or None,
        publication.time,
        publication.channel,
        delta,
    )


def info(client: ClientInfo) -> Info:
    """Return what is shown of somebody."""
    return Info(client.user, client.session, embedded(client.conn_info), embedded(client.chan_info))


def pushed(push: contract.Push, payload: Payload) -> Push:
    """Return what is said to one client, in a coding that shows payloads so."""
    if isinstance(push, Entered):
        return Push(push.subscribed.channel, subscribe=_start(push.subscribed))
    if isinstance(push, Ended):
        return Push(push.channel, unsubscribe=End(push.code, push.reason))
    if isinstance(push, Renewed):
        return Push(refresh=Renewal(push.ttl_s is not None, push.ttl_s or 0))
    if isinstance(push, Emit):
        return Push(message=Message(Raw(_emitted(push, payload))))
    raise AssertionError(f"{type(push).__name__} is the conversation's to render")


class _Emitted(Struct):
    event: str
    data: Raw


def _emitted(emit: Emit, payload: Payload) -> bytes:
    """Return the data of what the application says, in an object with the event's name if it has one."""
    data, kind = as_one(emit.arguments)
    if not emit.event:
        return payload(data, kind)
    return _encode(_Emitted(emit.event, Raw(as_json(data, kind))))


def farewell(close: Close) -> Push:
    """Return how the end of a connection is said."""
    return Push(disconnect=Disconnect(close.code, close.reason, close.reconnect))


def _start(subscribed: contract.Subscribed) -> Start:
    top, data = subscribed.position, embedded(subscribed.data)
    if not subscribed.recoverable:
        return Start(data=data)
    return Start(True, top.epoch, top.offset, True, data)
