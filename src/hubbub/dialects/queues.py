"""What a client asks of queues, whose messages each go to one consumer: commands, one family."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from hubbub.dialects.renderer import Renderer
from hubbub.model import ChannelName


class Consume(Struct, frozen=True):
    """Take messages from a queue.

    Args:
        key: what the client calls it. acks: whether it says what became of each message.
        prefetch: messages that it may have of which it did not say so. renderer: what shows them.
    """

    channel: ChannelName
    key: str
    renderer: Renderer
    id: int = 0
    acks: bool = False
    prefetch: int = 1
    token: str = ""


class Judge(Struct, frozen=True):
    """Say what became of a message at an offset, or (not `alone`) of all that were given until then.

    `done`, or to be given to somebody else. `tag` is the one at the offset (0: the client does not know it).
    """

    key: str
    offset: int
    id: int = 0
    alone: bool = True
    done: bool = True
    tag: int = 0


class Retire(Struct, frozen=True):
    """Take no more messages; what the client has, others may have."""

    key: str
    id: int = 0


QueueCommand: TypeAlias = Consume | Judge | Retire
