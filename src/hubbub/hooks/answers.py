"""What a backend answers, as JSON: `result`, `error` or `disconnect`, like Centrifugo's proxies.

What a backend writes for nothing (`null`, or leaving it out) means nothing, and members that nobody here
knows are ignored. Everything else that is not as it should be counts as no answer (HookUnavailable): guessing
what a backend may have meant would let somebody in. So do options that would hide something from a client
and that this server does not have.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import TypeVar

import msgspec
from msgspec import Raw

from hubbub.errors import REASON_BYTES, ErrorCode, HookUnavailable, Refused, Reject
from hubbub.hooks import results
from hubbub.hooks.questions import is_json, protocol_of
from hubbub.hub.permissions.options import Override
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    ConnectGrant,
    PublishAsk,
    PublishGrant,
    RefreshAsk,
    RefreshGrant,
    RpcAnswer,
    RpcAsk,
    SubRefreshAsk,
    SubRefreshGrant,
    SubscribeAsk,
    SubscribeGrant,
)

T = TypeVar("T")

_STRING = msgspec.json.Decoder(str)

_OPERATIONS = {
    "sub": Operation.SUBSCRIBE,
    "pub": Operation.PUBLISH,
    "hst": Operation.HISTORY,
    "prs": Operation.PRESENCE,
    "mod": Operation.MODERATE,
}


def connect_grant(body: bytes, ask: ConnectAsk) -> ConnectGrant | None:
    """Return what a connecting client is granted; None where the backend does not know it.

    Like all of these functions, it raises Refused, Reject or HookUnavailable.
    """
    client = ask.client
    result = _result(results.CONNECT, body)
    if result is None:
        return None
    subs = result.subs or {}
    return ConnectGrant(
        result.user or "",
        result.expire_at or 0,
        _json("info", result.info, result.b64info),
        _bytes(client, result.data, result.b64data),
        result.channels or (),
        {
            channel: _subscription(sub or results.SubscribeResult(), client)
            for channel, sub in subs.items()
        },
        _json("meta", result.meta),
        tuple(_permission(capability) for capability in result.caps or ()),
        result.tags or (),
    )


def subscribe_grant(body: bytes, ask: SubscribeAsk) -> SubscribeGrant:
    """Return what a subscribing client is granted."""
    return _subscription(_result(results.SUBSCRIBE, body) or results.SubscribeResult(), ask.client)


def publish_grant(body: bytes, ask: PublishAsk) -> PublishGrant:
    """Return what is published instead of what the client said, and how."""
    result = _result(results.PUBLISH, body) or results.PublishResult()
    if result.version:
        raise HookUnavailable("its answer has a version, which this server does not have")
    data, kind = _payload(result, ask.kind)
    if data == b"null" and not result.b64data:
        data = b""
    return PublishGrant(
        data or None,
        kind,
        result.skip_history or False,
        result.tags or None,
        result.idempotency_key or "",
    )


def refresh_grant(body: bytes, ask: RefreshAsk | SubRefreshAsk) -> RefreshGrant:
    """Return for how long a session may stay."""
    result = _result(results.REFRESH, body)
    if result is None:
        return RefreshGrant(expired=True)
    return RefreshGrant(
        result.expired or False,
        result.expire_at or 0,
        _json("info", result.info, result.b64info),
        _json("meta", result.meta),
    )


def sub_refresh_grant(body: bytes, ask: SubRefreshAsk) -> SubRefreshGrant:
    """Return for how long a subscription may last."""
    grant = refresh_grant(body, ask)
    return SubRefreshGrant(grant.expired, grant.expire_at, grant.info)


def rpc_answer(body: bytes, ask: RpcAsk) -> RpcAnswer:
    """Return what the called method returned."""
    data, kind = _payload(_result(results.RPC, body) or results.Payloads(), Kind.JSON)
    return RpcAnswer(data or b"null", kind)


def taken(body: bytes) -> None:
    """Return where a backend has taken events; only an answer that has an `error` says that it did not."""
    try:
        refused = results.TAKEN.decode(body).error is not None
    except (msgspec.DecodeError, RecursionError):
        return
    if refused:
        raise HookUnavailable("it answered with an error")


# ── parts ───────────────────────────────────────────────────────────────────────────────────────


def _result(decoder: msgspec.json.Decoder[results.Answer[T]], body: bytes) -> T | None:
    try:
        body.decode()
        answer = decoder.decode(body)
    except msgspec.DecodeError as fault:
        raise HookUnavailable(f"its answer is no answer: {fault}") from None
    except (UnicodeDecodeError, RecursionError):
        raise HookUnavailable("its answer is no answer: not JSON") from None
    if answer.disconnect is not None:
        raise _rejection(answer.disconnect)
    if answer.error is not None:
        error = answer.error
        raise Refused(ErrorCode(error.code, error.message or "", error.temporary or False))
    return answer.result


def _rejection(disconnect: results.Disconnect) -> Exception:
    """Return what ends the connection; a reason that is too long for that is cut."""
    reason = (disconnect.reason or "").encode()[:REASON_BYTES].decode("utf-8", "ignore")
    try:
        return Reject(disconnect.code, reason)
    except ValueError as fault:
        return HookUnavailable(f"its answer is no answer: {fault}")


def _subscription(result: results.SubscribeResult, client: Client) -> SubscribeGrant:
    if _given(result.server_tags_filter):
        raise HookUnavailable("its answer has server_tags_filter, which this server does not have")
    return SubscribeGrant(
        result.expire_at or 0,
        _json("info", result.info, result.b64info),
        _bytes(client, result.data, result.b64data),
        _overriding(result.override),
    )


def _overriding(override: results.Overrides | None) -> Override:
    if override is None:
        return Override()
    said = (getattr(override, name) for name in override.__struct_fields__)
    # A value that is left out is false, as in Protobuf, where this comes from.
    return Override(*(None if each is None else bool(each.value) for each in said))


def _permission(capability: results.Capability) -> Permission:
    """Return what a capability allows; one that matches in a way unknown here allows nothing."""
    known = not capability.match or capability.match == "wildcard"
    allow = (_OPERATIONS.get(name) for name in capability.allow or ())
    return Permission(
        tuple(capability.channels or ()) if known else (),
        frozenset(operation for operation in allow if operation is not None),
        wildcard=capability.match == "wildcard",
    )


def _given(raw: Raw) -> bytes:
    """Return a member that may be left out or null, or nothing."""
    value = bytes(raw)
    return b"" if value == b"null" else value


def _json(name: str, raw: Raw, b64: str | None = None) -> bytes:
    """Return what others are shown, which is JSON."""
    if not b64:
        return _given(raw)
    value = _unpacked(b64)
    if not is_json(value):
        raise HookUnavailable(f"its answer is no answer: what is in b64{name} is not JSON")
    return value


def _bytes(client: Client, raw: Raw, b64: str | None) -> bytes:
    """Return what is for this client alone: any bytes where it speaks Protobuf, and else JSON."""
    if b64 and protocol_of(client) == "protobuf":
        return _unpacked(b64)
    return _json("data", raw, b64)


def _payload(result: results.Payloads, kind: Kind) -> tuple[bytes, Kind]:
    """Return a payload; a string is a text again where it takes the place of one of that `kind`."""
    if not result.b64data:
        data = bytes(result.data)
        if kind is Kind.TEXT and data[:1] == b'"':
            return _STRING.decode(data).encode(), Kind.TEXT
        return data, Kind.JSON
    data = _unpacked(result.b64data)
    return data, Kind.JSON if is_json(data) else Kind.BINARY


def _unpacked(b64: str) -> bytes:
    try:
        return a2b_base64(b64, strict_mode=True)
    except (Base64Error, ValueError):
        raise HookUnavailable("its answer is no answer: not base64 (RFC 4648 section 4)") from None
