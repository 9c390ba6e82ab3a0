"""What a client is told when its command failed: an answer, or the end of the connection."""

from __future__ import annotations

from hubbub.dialects.contract import Failed
from hubbub.errors import (
    INTERNAL,
    BrokerUnavailable,
    Close,
    HookUnavailable,
    IdentityUnavailable,
    ProtocolViolation,
    Refused,
    Reject,
    Unanswered,
)


def verdict(fault: BaseException) -> Failed | Close | None:
    """Return what a fault means for the client; None for one that is our own mistake."""
    if isinstance(fault, ProtocolViolation | Reject):
        return fault.close
    if isinstance(fault, Refused):
        return Failed(fault.error, fault.detail)
    if isinstance(fault, BrokerUnavailable):
        return Failed(INTERNAL, str(fault))
    if isinstance(fault, HookUnavailable | IdentityUnavailable | Unanswered):
        return Failed(INTERNAL)
    return None
