"""What it means when a function of the application returns something.

A function that returns something senseless has a mistake: TypeError, which ends in its log.
"""

from __future__ import annotations

import msgspec

from hubbub.errors import PERMISSION_DENIED, Refused
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    ConnectGrant,
    PublishGrant,
    RefreshGrant,
    RpcAnswer,
    SubRefreshGrant,
    SubscribeGrant,
)

_encode = msgspec.json.Encoder().encode


def payload(value: object, kind: Kind = Kind.JSON) -> tuple[bytes, Kind]:
    """Return a Python value as a payload.

    Bytes are taken as they are, of that `kind`; a `str` of a text is that text; everything else becomes JSON.
    Raises TypeError for what is no JSON.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value), kind
    if kind is Kind.TEXT and isinstance(value, str):
        return value.encode(), kind
    if kind is not Kind.JSON:
        raise TypeError(f"data of kind {kind.name} is not a {type(value).__name__}")
    try:
        return _encode(value), kind
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise TypeError(f"{type(value).__name__} is no JSON: {fault}") from None


def connect_grant(returned: object) -> ConnectGrant | None:
    """Take a user's name, a ConnectGrant, or None for somebody unknown."""
    if isinstance(returned, str):
        return ConnectGrant(returned)
    if returned is None or isinstance(returned, ConnectGrant):
        return returned
    raise _senseless("on_connect", "a user's name, a ConnectGrant or None", returned)


def subscribe_grant(returned: object) -> SubscribeGrant:
    """Take a SubscribeGrant, None or True; False refuses (103)."""
    if isinstance(returned, SubscribeGrant):
        return returned
    if returned is False:
        raise Refused(PERMISSION_DENIED)
    if returned is None or returned is True:
        return SubscribeGrant()
    raise _senseless("on_subscribe", "a SubscribeGrant, True, False or None", returned)


def publish_grant(returned: object, said: Kind) -> PublishGrant:
    """Take a PublishGrant, None or True for what was said, or what is published instead; False refuses (103).

    Args:
        said: the kind of what was said, of which a text or bytes in its place are.
    """
    if isinstance(returned, PublishGrant):
        return returned
    if returned is False:
        raise Refused(PERMISSION_DENIED)
    if returned is None or returned is True:
        return PublishGrant()
    if isinstance(returned, bytes | str) and said is not Kind.JSON:
        return PublishGrant(*payload(returned, Kind.TEXT if isinstance(returned, str) else said))
    return PublishGrant(*payload(returned))


def refresh_grant(returned: object) -> RefreshGrant:
    """Take a RefreshGrant, the seconds since 1970 until when, True for ever; False and None are the end."""
    if isinstance(returned, RefreshGrant):
        return returned
    return RefreshGrant(*_until("on_refresh", "RefreshGrant", returned))


def sub_refresh_grant(returned: object) -> SubRefreshGrant:
    """Take a SubRefreshGrant, or what `refresh_grant` takes."""
    if isinstance(returned, SubRefreshGrant):
        return returned
    return SubRefreshGrant(*_until("on_sub_refresh", "SubRefreshGrant", returned))


def rpc_answer(returned: object) -> RpcAnswer:
    """Take an RpcAnswer, bytes, or what becomes JSON."""
    if isinstance(returned, RpcAnswer):
        return returned
    kind = Kind.BINARY if isinstance(returned, bytes) else Kind.JSON
    return RpcAnswer(*payload(returned, kind))


def _until(name: str, grant: str, returned: object) -> tuple[bool, int]:
    """Return whether it has expired, and until when it holds."""
    if returned is None or isinstance(returned, bool):
        return not returned, 0
    if isinstance(returned, int | float) and returned > 0:
        return False, int(returned)
    raise _senseless(name, f"a {grant}, seconds since 1970, True, False or None", returned)


def _senseless(name: str, wanted: str, returned: object) -> TypeError:
    return TypeError(f"{name} returns {wanted}, not a {type(returned).__name__}")
