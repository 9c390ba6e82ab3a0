"""What a token says, once its signature and its times have been found good.

A token grants what a hook of the application grants; it has an age and a name besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hubbub.model import ChannelName, SessionId, UserId
from hubbub.sessions.hooks import ConnectGrant, SubscribeGrant


@dataclass(frozen=True, slots=True)
class ConnectionClaims:
    """What a connection token says.

    Args:
        grant: who the client is and what it may; its `expire_at` is never past, even where the token's `exp`
            is by less than the leeway. It has no `data`.
        issued_at: when the token was made, in unix seconds; 0: it does not say.
        token_id: the token's name (`jti`), by which it can be revoked; "" : it has none.
    """

    grant: ConnectGrant
    issued_at: int = 0
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionClaims:
    """What a subscription token says.

    Args:
        user: who may use it; it must be the session's. channel: the one channel it is for.
        client: the only session that may use it ("" : each of the user's).
        grant: how the channel is followed; `expire_at` is never past, as in `ConnectionClaims`.
        issued_at: when the token was made, in unix seconds; 0: it does not say.
        token_id: the token's name (`jti`), by which it can be revoked; "" : it has none.
    """

    user: UserId
    channel: ChannelName
    client: SessionId = ""
    grant: SubscribeGrant = field(default_factory=SubscribeGrant)
    issued_at: int = 0
    token_id: str = ""
