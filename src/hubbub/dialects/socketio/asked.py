"""The events that are operations of channels, without any code on the server, each acknowledged.

    emit("subscribe", {channel, since, recent, join_leave, recover, token, data}, ack)   since: a position
    emit("unsubscribe", {channel}, ack)
    emit("publish", {channel, data, event}, ack)          event: what subscribers get it as, else "message"
    emit("history", {channel, limit, since, reverse}, ack)          limit -1: as much as is allowed
    emit("presence", {channel, counts}, ack)
    emit("refresh", {token}, ack)
    emit("hubbub.edit", {channel, offset, data}, ack)                  and its like, see `operations.py`

Everything but the channel may be left out, and where nothing else is said the channel's name will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.dialects import operations
from hubbub.dialects.contract import (
    Command,
    History,
    Presence,
    Publish,
    Refresh,
    Subscribe,
    Unsubscribe,
    Unsupported,
)
from hubbub.dialects.positions import parse_position
from hubbub.dialects.socketio import values
from hubbub.dialects.socketio.packets import ROOT, Value
from hubbub.dialects.socketio.renderer import qualified, renderer_of
from hubbub.errors import BAD_REQUEST_ERROR, ErrorCode, Refused
from hubbub.model import Position

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


class _Channel(Struct):
    channel: str


class _Subscribe(_Channel):
    since: str = ""
    recent: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    join_leave: bool = False
    token: str = ""
    data: Value = UNSET
    recover: bool = False


class _Publish(_Channel):
    data: Value = UNSET
    event: Annotated[str, Meta(min_length=1, max_length=values.EVENT_LIMIT)] = values.MESSAGE


class _History(_Channel):
    limit: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    since: str = ""
    reverse: bool = False


class _Presence(_Channel):
    counts: bool = False


class _Refresh(Struct):
    token: str


def operation(namespace: str, event: str, arguments: Sequence[Value], id: int) -> Command | None:
    """Return the command that an event is; None for one that is the application's.

    Args:
        namespace: where it was emitted. id: what the command is to be known by.
    """
    make = _OPERATIONS.get(event)
    ready_made = event.startswith(operations.PREFIX)
    if make is None and not ready_made:
        return None
    value = arguments[0] if arguments else None
    try:
        if make is None:
            place = partial(qualified, namespace)
            return operations.operation(event, _encode(value), id, place)
        return make(namespace, value, id)
    except (msgspec.ValidationError, ValueError, TypeError, RecursionError) as fault:
        return _bad(id, str(fault))
    except Refused as refused:
        return _bad(id, str(refused))


def _read(value: Value, shape: type[T]) -> T:
    return msgspec.convert({"channel": value} if isinstance(value, str) else value, shape)


def _subscribe(namespace: str, value: Value, id: int) -> Command:
    ask = _read(value, _Subscribe)
    return Subscribe(
        qualified(namespace, ask.channel),
        id,
        _position(ask.since),
        ask.recent,
        ask.join_leave,
        token=ask.token,
        data=b"" if isinstance(ask.data, UnsetType) else _encode(ask.data),
        renderer=renderer_of(namespace, ask.recover) if ask.recover or namespace != ROOT else None,
    )


def _unsubscribe(namespace: str, value: Value, id: int) -> Command:
    return Unsubscribe(qualified(namespace, _read(value, _Channel).channel), id)


def _publish(namespace: str, value: Value, id: int) -> Command:
    ask = _read(value, _Publish)
    if isinstance(ask.data, UnsetType):
        return _bad(id, "a publish has data")
    if ask.event in values.RESERVED:
        return _bad(id, f"no event may be called {ask.event}")
    data, kind, _ = values.payload([ask.data])
    return Publish(
        qualified(namespace, ask.channel), data, kind, id, tags=values.tags(ask.event, many=False)
    )


def _history(namespace: str, value: Value, id: int) -> Command:
    ask = _read(value, _History)
    channel = qualified(namespace, ask.channel)
    return History(channel, id, ask.limit, _position(ask.since), ask.reverse)


def _presence(namespace: str, value: Value, id: int) -> Command:
    ask = _read(value, _Presence)
    return Presence(qualified(namespace, ask.channel), id, ask.counts)


def _refresh(namespace: str, value: Value, id: int) -> Command:
    return Refresh(id, msgspec.convert(value, _Refresh).token)


def _position(word: str) -> Position | None:
    return parse_position(word) if word else None


def _bad(id: int, sentence: str) -> Command:
    return Unsupported(id, ErrorCode(BAD_REQUEST_ERROR.code, f"bad request: {sentence}"))


_OPERATIONS: dict[str, Callable[[str, Value, int], Command]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "publish": _publish,
    "history": _history,
    "presence": _presence,
    "refresh": _refresh,
}
