"""Which names a user may have."""

from __future__ import annotations

from hubbub.model import UserId
from hubbub.names import is_legible

USER_LIMIT = 128
"""The longest user name in characters."""


def is_user_name(name: UserId) -> bool:
    """Tell whether a name is legible and not too long; "" is somebody without a name."""
    return len(name) <= USER_LIMIT and is_legible(name)
