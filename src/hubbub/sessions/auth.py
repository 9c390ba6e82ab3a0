"""Who a client is: what it claims, and whether that is believed."""

from __future__ import annotations

from hubbub.dialects.contract import Connect
from hubbub.errors import INVALID_TOKEN, ProtocolViolation
from hubbub.model import UserId
from hubbub.sessions.users import is_user_name


def identify(connect: Connect, *, trusting: bool) -> UserId:
    """Return the user behind a connect command; "" is somebody without a name.

    Args:
        connect: what the client says. trusting: whether an open server believes the claimed name.

    Raises ProtocolViolation (3500) for a token, which nobody here can check yet, or a senseless name.
    """
    if connect.token:
        raise ProtocolViolation(INVALID_TOKEN, "no token key is configured on this server")
    if not trusting:
        return ""
    if not is_user_name(connect.user):
        raise ProtocolViolation(INVALID_TOKEN, "a user name is printable and not too long")
    return connect.user
