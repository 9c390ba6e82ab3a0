"""A subscription as its session knows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from hubbub.hub.encoding import Encoding
from hubbub.hub.queues.consumer import Consumer
from hubbub.model import ChannelName
from hubbub.sessions.hooks import SubscribeGrant

PLAIN_GRANT: Final = SubscribeGrant()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is followed, and how.

    Args:
        encoding: the shared rendering. grant: what whoever allowed it said about it.
        server_side: whether the server made it. by_token: whether the client shows newer tokens for it.
    """

    encoding: Encoding
    grant: SubscribeGrant = PLAIN_GRANT
    server_side: bool = False
    by_token: bool = False

    def until(self, expire_at: int, info: bytes) -> Subscription:
        """Return the subscription with another end (unix seconds; 0: none), and a newer info if given."""
        grant = replace(self.grant, expire_at=expire_at, info=info or self.grant.info)
        return replace(self, grant=grant)

    def shown_by(self, encoding: Encoding) -> Subscription:
        """Return the subscription in another encoding."""
        if self == ordinary(self.encoding):
            return ordinary(encoding)
        return replace(self, encoding=encoding)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What is taken from a queue.

    Args:
        channel: the queue's. consumer: who takes it. expire_at: until when (unix seconds; 0: for ever).
    """

    channel: ChannelName
    consumer: Consumer
    expire_at: int = 0


@lru_cache(maxsize=1024)
def ordinary(encoding: Encoding) -> Subscription:
    """Return the subscription of which there is nothing to say: one object for all that share an encoding."""
    return Subscription(encoding)
