"""What acknowledgements, and events of the server's own, say: replies and pushes as values."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from hubbub.dialects.contract import (
    Answered,
    Command,
    Connected,
    Counts,
    Ended,
    Failed,
    HistoryPage,
    Members,
    Published,
    Refreshed,
    Reply,
    Resync,
    Rpc,
    Subscribed,
    Unsubscribed,
)
from hubbub.dialects.envelope import member
from hubbub.dialects.payloads import as_json, embedded
from hubbub.dialects.positions import format_position
from hubbub.dialects.socketio.packets import Value
from hubbub.dialects.socketio.renderer import describe, local
from hubbub.dialects.socketio.values import ARGS_TAG, MANY, MESSAGE, event_name
from hubbub.errors import METHOD_NOT_FOUND, NOT_AVAILABLE, Close
from hubbub.model import Kind, Publication

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def _plain(struct: Struct) -> Value:
    return _decode(_encode(struct))


class _Error(Struct, omit_defaults=True):
    code: int
    message: str
    temporary: bool = False


def failed(reply: Failed) -> dict[str, Value]:
    """Return what is wrong, as an acknowledgement says it."""
    return {"error": error(reply)}


def is_unheard(command: Command, reply: Failed) -> bool:
    """Tell whether an event was for a function that is not there; such are ignored."""
    return isinstance(command, Rpc) and reply.error in (METHOD_NOT_FOUND, NOT_AVAILABLE)


def error(reply: Failed) -> dict[str, Value]:
    """Return a refusal as a value."""
    code = reply.error
    told: dict[str, Value] = _plain(_Error(code.code, reply.detail or code.message, code.temporary))
    return told


def connect_error(code: int, message: str) -> dict[str, Value]:
    """Return why a client is not let in, in the shape that its `connect_error` shows."""
    return {"message": message, "data": {"code": code}}


def connected(reply: Connected, pid: str) -> dict[str, Value]:
    """Return under which name a client is in, and what else it is told.

    Args:
        pid: by which it may go on after a cut; the one that it came with says that it does so now.
    """
    told: dict[str, Value] = {"sid": reply.session, "pid": pid}
    if reply.ttl_s is not None:
        told["ttl_s"] = reply.ttl_s
    if reply.data:
        told["data"] = embedded(reply.data)
    return told


def subscribed(namespace: str, reply: Subscribed) -> dict[str, Value]:
    """Return where a subscription begins."""
    at = reply.position
    told: dict[str, Value] = {
        "channel": local(namespace, reply.channel),
        "epoch": at.epoch,
        "offset": at.offset,
        "position": format_position(at),
        "recoverable": reply.recoverable,
    }
    if reply.asked is not None:
        told["recovered"] = reply.recovered
        if reply.reason:
            told["reason"] = reply.reason
    if reply.ttl_s is not None:
        told["ttl_s"] = reply.ttl_s
    if reply.data:
        told["data"] = embedded(reply.data)
    return told


def unsubscribed(namespace: str, push: Ended) -> dict[str, Value]:
    """Return why the server ended a subscription."""
    channel = local(namespace, push.channel)
    return {"channel": channel, "code": push.code, "reason": push.reason}


def resync(namespace: str, push: Resync) -> dict[str, Value]:
    """Return from where on a channel is whole again."""
    at = push.position
    return {
        "channel": local(namespace, push.channel),
        "epoch": at.epoch,
        "position": format_position(at),
        "reason": push.reason,
    }


def answer(namespace: str, reply: Reply) -> Value:
    """Return what an acknowledgement says; None where there is nothing to say."""
    if isinstance(reply, Subscribed):
        return subscribed(namespace, reply)
    if isinstance(reply, Unsubscribed):
        return {"channel": local(namespace, reply.channel)}
    if isinstance(reply, Published):
        at = reply.position
        return {"offset": at.offset, "position": format_position(at) if at.offset else ""}
    if isinstance(reply, HistoryPage):
        return _page(namespace, reply)
    if isinstance(reply, Members):
        members = [_plain(member(info)) for info in reply.members.values()]
        return {"channel": local(namespace, reply.channel), "members": members}
    if isinstance(reply, Counts):
        channel = local(namespace, reply.channel)
        return {"channel": channel, "clients": reply.clients, "users": reply.users}
    if isinstance(reply, Refreshed):
        return {"ttl_s": reply.ttl_s}
    if isinstance(reply, Answered):
        return shown(reply.data, reply.kind)
    if isinstance(reply, Failed):
        return failed(reply)
    return None


def shown(data: bytes, kind: Kind) -> Value:
    """Return a payload as a value: bytes as bytes, everything else as JSON."""
    return data if kind is Kind.BINARY else Raw(as_json(data, kind))


def _page(namespace: str, reply: HistoryPage) -> dict[str, Value]:
    at = reply.position
    return {
        "channel": local(namespace, reply.channel),
        "epoch": at.epoch,
        "offset": at.offset,
        "position": format_position(at),
        "publications": [_shown(namespace, reply.channel, each) for each in reply.publications],
    }


def _shown(namespace: str, channel: str, publication: Publication) -> dict[str, Any]:
    """Return a publication of the past; its arguments are an array where the event had several."""
    told: dict[str, Any] = _plain(describe(namespace, channel, publication))
    told["data"] = shown(publication.data, publication.kind)
    name = event_name(publication)
    if name != MESSAGE:
        told["event"] = name
    if (publication.tags or {}).get(ARGS_TAG) == MANY:
        told["args"] = MANY
    return told


def reason(close: Close) -> str:
    """Return why a connection ends, as a sentence."""
    return close.reason or f"the server closed with {close.code}"
