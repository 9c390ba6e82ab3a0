"""Who a client says it is, in the data that its application sends along: an open server believes that."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct


class _Claim(Struct, gc=False):
    user: Raw = Raw()
    name: Raw = Raw()


_CLAIM = msgspec.json.Decoder(_Claim)
_STRING = msgspec.json.Decoder(str)


def claimed_user(data: bytes) -> str:
    """Return the `user` or else the `name` that an application put into its connect data, or "".

    The data is the application's own, so whatever else it is, is none of our business.
    """
    try:
        claim = _CLAIM.decode(data)
        return _STRING.decode(claim.user) if bytes(claim.user) else _STRING.decode(claim.name)
    except (msgspec.DecodeError, RecursionError):
        return ""
