"""What a backend's answer is made of, with the names of Centrifugo's proxies; everything may be null."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

T = TypeVar("T")

_Code = Annotated[int, Meta(ge=1, le=2**32 - 1)]
_Time = Annotated[int, Meta(ge=0, le=2**53)]


class Failure(Struct):
    """Refuse the question; the connection goes on."""

    code: _Code
    message: str | None = None
    temporary: bool | None = None


class Disconnect(Struct):
    """End the connection."""

    code: _Code
    reason: str | None = None


class Answer(Struct, Generic[T]):
    """Wrap one answer; the first that is there counts: `disconnect`, `error`, `result`."""

    result: T | None = None
    error: Failure | None = None
    disconnect: Disconnect | None = None


class Bool(Struct):
    """Say yes or no, where leaving it out says neither."""

    value: bool | None = None


class Overrides(Struct):
    """Change options of a channel for one subscription."""

    presence: Bool | None = None
    join_leave: Bool | None = None
    force_push_join_leave: Bool | None = None
    force_recovery: Bool | None = None
    force_positioning: Bool | None = None


class Payloads(Struct):
    """Carry JSON, or bytes as base64."""

    info: Raw = Raw()
    b64info: str | None = None
    data: Raw = Raw()
    b64data: str | None = None


class SubscribeResult(Payloads):
    """Say how a channel is followed."""

    expire_at: _Time | None = None
    override: Overrides | None = None
    server_tags_filter: Raw = Raw()


class Capability(Struct):
    """Allow operations in channels."""

    channels: list[str] | None = None
    allow: list[str] | None = None
    match: str | None = None


class ConnectResult(Payloads):
    """Say who a client is."""

    user: str | None = None
    expire_at: _Time | None = None
    channels: list[str] | None = None
    subs: dict[str, SubscribeResult | None] | None = None
    meta: Raw = Raw()
    caps: list[Capability] | None = None
    tags: list[str] | None = None


class RefreshResult(Payloads):
    """Say for how long a session or subscription may stay."""

    expired: bool | None = None
    expire_at: _Time | None = None
    meta: Raw = Raw()


class PublishResult(Payloads):
    """Say what is published, and how."""

    skip_history: bool | None = None
    tags: dict[str, str] | None = None
    idempotency_key: str | None = None
    version: int | None = None


CONNECT = msgspec.json.Decoder(Answer[ConnectResult])
SUBSCRIBE = msgspec.json.Decoder(Answer[SubscribeResult])
PUBLISH = msgspec.json.Decoder(Answer[PublishResult])
REFRESH = msgspec.json.Decoder(Answer[RefreshResult])
RPC = msgspec.json.Decoder(Answer[Payloads])
TAKEN = msgspec.json.Decoder(Answer[Raw])
