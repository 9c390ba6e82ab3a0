"""Which names a user may have."""

from __future__ import annotations

from hubbub.model import UserId

USER_LIMIT = 128
"""The longest user name in characters."""


def is_user_name(name: UserId) -> bool:
    """Tell whether a name is printable and not too long; "" is somebody without a name."""
    return len(name) <= USER_LIMIT and name.isprintable()
