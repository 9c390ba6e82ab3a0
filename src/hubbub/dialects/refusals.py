"""Refusals in protocols that can only answer by closing: which close code means what."""

from __future__ import annotations

from hubbub.dialects.replies import Failed
from hubbub.errors import REASON_BYTES, Close

REFUSED = 1008
"""Close code: the server's policy says no (RFC 6455 section 7.4.1)."""
TRY_AGAIN_LATER = 1013
"""Close code: the server cannot now (IANA's registry of WebSocket close codes)."""


def close_of(reply: Failed) -> Close:
    """Return the end of a connection that something was refused on; trying again may help, or cannot."""
    code = TRY_AGAIN_LATER if reply.error.temporary else REFUSED
    reason = (reply.detail or reply.error.message).encode()[:REASON_BYTES]
    return Close(code, reason.decode("utf-8", "ignore"))
