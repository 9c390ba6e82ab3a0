"""What stands in a token's payload, read strictly; only payloads with a good signature come here.

Claims: RFC 7519 section 4.1, and those of Centrifugo's tokens, so that tokens made for it are good here.
"""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from hubbub.dialects.payloads import decode_json, whole_characters
from hubbub.errors import ExpiredToken, InvalidToken
from hubbub.hub.permissions.options import Override
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.sessions.hooks import ConnectGrant, SubscribeGrant
from hubbub.sessions.tokens.claims import ConnectionClaims, SubscriptionClaims
from hubbub.sessions.tokens.settings import TokenSettings
from hubbub.sessions.users import is_user_name

_Time = Annotated[float, Meta(ge=0, le=2**53)]
"""Seconds since 1970, perhaps with a fraction (RFC 7519 section 2, NumericDate)."""

_OPERATIONS = {
    "sub": Operation.SUBSCRIBE,
    "pub": Operation.PUBLISH,
    "prs": Operation.PRESENCE,
    "mod": Operation.MODERATE,
    "hst": Operation.HISTORY,
}


class _Switch(Struct):
    value: bool


class _Override(Struct):
    presence: _Switch | None = None
    join_leave: _Switch | None = None
    force_push_join_leave: _Switch | None = None
    force_recovery: _Switch | None = None
    force_positioning: _Switch | None = None

    def read(self) -> Override:
        """Return the values without their wrapping."""
        switches = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return Override(**{name: switch.value for name, switch in switches if switch is not None})


class _Subscription(Struct):
    info: Raw = Raw()
    b64info: str = ""
    data: Raw = Raw()
    b64data: str = ""
    override: _Override | None = None


class _Capability(Struct):
    channels: list[str]
    allow: list[Literal["sub", "pub", "prs", "hst", "mod"]]
    match: Literal["exact", "wildcard", ""] = "exact"

    def read(self) -> Permission:
        """Return the permission that this grants."""
        operations = frozenset(_OPERATIONS[name] for name in self.allow)
        return Permission(tuple(self.channels), operations, self.match == "wildcard")


class _Claims(Struct):
    """What both kinds of tokens have; a claim that is null is one that is not there."""

    aud: str | list[str] | None = None
    iss: str | None = None
    exp: _Time | None = None
    nbf: _Time | None = None
    iat: _Time | None = None
    jti: str | None = None
    expire_at: _Time | None = None
    info: Raw = Raw()
    b64info: str | None = None


class _ConnectionClaims(_Claims):
    channels: list[str] | None = None
    subs: dict[str, _Subscription] | None = None
    meta: Raw = Raw()
    caps: list[_Capability] | None = None
    channel: Raw = Raw()


class _SubscriptionClaims(_Claims):
    channel: str = ""
    client: str | None = None
    data: Raw = Raw()
    b64data: str | None = None
    override: _Override | None = None


_T = TypeVar("_T", bound=_Claims)

_CONNECTION = msgspec.json.Decoder(_ConnectionClaims)
_SUBSCRIPTION = msgspec.json.Decoder(_SubscriptionClaims)
_ANY = msgspec.json.Decoder(Raw)


def connection_claims(payload: bytes, settings: TokenSettings, now: float) -> ConnectionClaims:
    """Read a connection token.

    Args:
        payload: JSON. settings: what must stand in it. now: seconds since 1970.

    Raises ExpiredToken for one that is only too old, and InvalidToken for whatever else is wrong.
    """
    claims, user = _read(_CONNECTION, payload, settings)
    if bytes(claims.channel):
        raise InvalidToken("it is a subscription token, which introduces nobody")
    _check(claims, settings, now)
    grant = ConnectGrant(
        user,
        _end(claims, settings.leeway_s, now),
        _json(claims.info, claims.b64info, "b64info"),
        channels=tuple(claims.channels or ()),
        subs={channel: _grant(options) for channel, options in (claims.subs or {}).items()},
        meta=_json(claims.meta, None, "meta"),
        permissions=tuple(capability.read() for capability in claims.caps or ()),
    )
    return ConnectionClaims(grant, int(claims.iat or 0), claims.jti or "")


def subscription_claims(payload: bytes, settings: TokenSettings, now: float) -> SubscriptionClaims:
    """Read a subscription token; the arguments and what is raised are those of `connection_claims`."""
    claims, user = _read(_SUBSCRIPTION, payload, settings)
    if not claims.channel:
        raise InvalidToken("it names no channel")
    _check(claims, settings, now)
    grant = SubscribeGrant(
        _end(claims, settings.leeway_s, now),
        _json(claims.info, claims.b64info, "b64info"),
        _json(claims.data, claims.b64data, "b64data"),
        claims.override.read() if claims.override else Override(),
    )
    return SubscriptionClaims(
        user, claims.channel, claims.client or "", grant, int(claims.iat or 0), claims.jti or ""
    )


def _read(
    decoder: msgspec.json.Decoder[_T], payload: bytes, settings: TokenSettings
) -> tuple[_T, str]:
    try:
        payload.decode()  # decoders skip what they have no use for, or take it as it is
        claims = decode_json(decoder, payload)
        user = _user_reader(settings.user_claim)(payload)
    except UnicodeDecodeError:
        raise InvalidToken("its claims are not UTF-8") from None
    except msgspec.ValidationError as fault:
        raise InvalidToken(f"a claim is not what it should be: {fault}") from None
    except msgspec.DecodeError:
        raise InvalidToken("its claims are not JSON") from None
    if not is_user_name(user):
        raise InvalidToken("a user name is printable and not too long")
    return claims, user


@lru_cache(maxsize=16)
def _user_reader(claim: str) -> Callable[[bytes], str]:
    """Return what reads the user's name from the claim that has it."""
    shape = msgspec.defstruct("User", [("user", str | None, None)], rename={"user": claim})
    decoder = msgspec.json.Decoder(shape)
    return lambda payload: decode_json(decoder, payload).user or ""  # type: ignore[attr-defined]


def _check(claims: _Claims, settings: TokenSettings, now: float) -> None:
    """Check who made the token, for whom, and when; what is only too old is found last."""
    if settings.issuer and claims.iss != settings.issuer:
        raise InvalidToken("another issuer made it (iss)")
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud or []
    if settings.audience and settings.audience not in audience:
        raise InvalidToken("it is meant for another audience (aud)")
    leeway = settings.leeway_s
    if claims.nbf is not None and now < claims.nbf - leeway:
        raise InvalidToken("it is not valid yet (nbf)")
    if claims.iat is not None and now < claims.iat - leeway:
        raise InvalidToken("it was made in the future (iat); look at the clocks")
    if claims.exp is not None and now >= claims.exp + leeway:
        raise ExpiredToken
    if claims.expire_at and now >= claims.expire_at + leeway:
        raise ExpiredToken


def _end(claims: _Claims, leeway: float, now: float) -> int:
    """Return the unix second at which what is granted ends; 0 is never."""
    end = claims.exp if claims.expire_at is None else claims.expire_at
    if not end:
        return 0
    return int(end) if int(end) > now else math.ceil(end + leeway)


def _grant(subscription: _Subscription) -> SubscribeGrant:
    return SubscribeGrant(
        info=_json(subscription.info, subscription.b64info, "b64info"),
        data=_json(subscription.data, subscription.b64data, "b64data"),
        override=subscription.override.read() if subscription.override else Override(),
    )


def _json(plain: Raw, encoded: str | None, name: str) -> bytes:
    """Return JSON that is given as it is, or else in base64; nothing for null.

    It is shown inside of other JSON, so that base64 of anything else cannot be taken.
    """
    data = bytes(plain)
    if encoded:
        try:
            data = b64decode(encoded, validate=True)
            data.decode()
            decode_json(_ANY, data)
        except (ValueError, msgspec.DecodeError):
            raise InvalidToken(f"{name} is not base64 of JSON") from None
    return b"" if data.strip() == b"null" else whole_characters(data)
