"""Who a client was found to be, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hubbub.hub.permissions.permission import Permission
from hubbub.model import ChannelName, UserId
from hubbub.sessions.hooks import ConnectGrant, RefreshGrant, SubscribeGrant


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a client is.

    Args:
        user: "" is somebody without a name. info: raw JSON that others see. meta: raw JSON for hooks alone.
        expires_at: unix seconds when this ends; 0 is never.
        by_token: whether the client proved it by a token, so that it shows newer ones itself.
        issued_at, token_id: when the token was made, and its name, by which it can be revoked.
        permissions: what it may beyond what namespaces allow.
    """

    user: UserId = ""
    info: bytes = b""
    meta: bytes = b""
    expires_at: int = 0
    by_token: bool = False
    issued_at: int = 0
    token_id: str = ""
    permissions: tuple[Permission, ...] = ()

    def renewed(self, grant: RefreshGrant) -> Identity:
        """Return who it is after the application let it stay."""
        return Identity(
            self.user,
            grant.info or self.info,
            grant.meta or self.meta,
            grant.expire_at,
            self.by_token,
            self.issued_at,
            self.token_id,
            self.permissions,
        )


NOBODY: Final = Identity()
"""Somebody of whom nothing is known; shared, because there may be many."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who comes in, what it is told, what it follows from the start, and which tags its session gets."""

    identity: Identity = NOBODY
    data: bytes = b""
    subs: Mapping[ChannelName, SubscribeGrant] = field(default_factory=dict)
    tags: Sequence[str] = ()


def admitted(
    grant: ConnectGrant, *, by_token: bool = False, issued_at: int = 0, token_id: str = ""
) -> Admission:
    """Return what a grant of a token or of the connect hook amounts to."""
    identity = Identity(
        grant.user,
        grant.info,
        grant.meta,
        grant.expire_at,
        by_token,
        issued_at,
        token_id,
        grant.permissions,
    )
    subs = {channel: SubscribeGrant() for channel in grant.channels} | dict(grant.subs)
    return Admission(identity, grant.data, subs, grant.tags)
