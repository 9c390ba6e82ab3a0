"""What a backend is asked and told, as JSON: the bodies are those of Centrifugo's proxies.

A payload that is JSON is `data`; a text is `data` as a JSON string; anything else is `b64data`, and
`encoding` is then `binary`.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from hubbub.dialects.payloads import as_json
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    Event,
    PublishAsk,
    RefreshAsk,
    RpcAsk,
    SubRefreshAsk,
    SubscribeAsk,
)

Ask = ConnectAsk | SubscribeAsk | PublishAsk | RefreshAsk | SubRefreshAsk | RpcAsk

_encode = msgspec.json.Encoder().encode
_RAW = msgspec.json.Decoder(Raw)


class _Question(Struct, omit_defaults=True):
    client: str
    transport: str
    protocol: str
    encoding: str
    user: str | UnsetType = UNSET
    channel: str = ""
    method: str = ""
    token: str = ""
    data: Raw | UnsetType = UNSET
    b64data: str = ""
    meta: Raw | UnsetType = UNSET
    name: str = ""
    version: str = ""
    channels: Sequence[str] = ()
    tags: Mapping[str, str] = {}


class _Told(Struct, omit_defaults=True):
    type: str
    key: str
    number: int
    time_ms: int
    channel: str = ""
    client: str = ""
    user: str | UnsetType = UNSET
    transport: str = ""
    protocol: str = ""
    meta: Raw | UnsetType = UNSET
    code: int = 0
    reason: str = ""
    info: Raw | UnsetType = UNSET


class _Events(Struct):
    events: list[_Told]


def protocol_of(client: Client) -> str:
    """Return what Centrifugo calls a client's protocol; another dialect goes by its own name."""
    if not client.dialect.startswith("centrifuge-"):
        return client.dialect
    return "protobuf" if client.dialect == "centrifuge-protobuf" else "json"


def is_json(data: bytes) -> bool:
    """Tell whether bytes are one JSON value in UTF-8."""
    try:
        _RAW.decode(data)
        data.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def question(ask: Ask, *, include_meta: bool) -> bytes:
    """Return the body that asks.

    Args:
        include_meta: whether the session's `meta` goes along.
    """
    client = ask.client
    body = _Question(client.session, client.transport, protocol_of(client), "json")
    if not isinstance(ask, ConnectAsk):
        body.user = client.user
        if include_meta and client.meta:
            body.meta = Raw(client.meta)
    match ask:
        case ConnectAsk(_, token, data, name, version, channels):
            body.token, body.name, body.version, body.channels = token, name, version, channels
            _put(body, data, Kind.JSON)
        case SubscribeAsk(_, channel, token, data):
            body.channel, body.token = channel, token
            _put(body, data, Kind.JSON)
        case PublishAsk(_, channel, data, kind, tags):
            body.channel, body.tags = channel, tags
            _put(body, data, kind)
        case RpcAsk(_, method, data, kind):
            body.method = method
            _put(body, data, kind)
        case SubRefreshAsk(_, channel):
            body.channel = channel
        case RefreshAsk():
            pass
    return _encode(body)


def _put(body: _Question, data: bytes, kind: Kind) -> None:
    if not data and kind is not Kind.TEXT:
        return
    if kind is Kind.TEXT:
        body.data = Raw(as_json(data, kind))
    elif kind is Kind.JSON and is_json(data):
        body.data = Raw(data)
    else:
        body.b64data = b2a_base64(data, newline=False).decode()
        body.encoding = "binary"


def told(events: Sequence[Event], *, include_meta: bool) -> bytes:
    """Return the body that tells of events."""
    return _encode(_Events([_tell(event, include_meta) for event in events]))


def _tell(event: Event, include_meta: bool) -> _Told:
    one = _Told(event.kind, event.key, event.number, event.time_ms, event.channel)
    one.code, one.reason = event.code, event.reason
    if event.info:
        one.info = Raw(event.info)
    client = event.client
    if client is not None:
        one.client, one.user = client.session, client.user
        one.transport, one.protocol = client.transport, protocol_of(client)
        if include_meta and client.meta:
            one.meta = Raw(client.meta)
    return one
