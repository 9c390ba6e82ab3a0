"""A signature, by which a backend knows that a question comes from this server and is fresh."""

from __future__ import annotations

import hmac

HEADER = "x-hubbub-signature"


def sign(secret: bytes, time_s: int, body: bytes) -> str:
    """Return what the header says: `t=TIME,v1=HMAC`.

    Args:
        secret: what both sides know. time_s: seconds since 1970, so that an old request can be told.
        body: the bytes of the request's body.

    The HMAC-SHA256, in hexadecimal digits, is that of the time in decimal digits, a full stop, and the body.
    """
    digest = hmac.digest(secret, b"%d." % time_s + body, "sha256")
    return f"t={time_s},v1={digest.hex()}"
