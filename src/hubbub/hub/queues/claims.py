"""Who has which message of a queue: a record, which all nodes read and change without asking each other.

    <epoch>:t             everything up to this offset is done
    <epoch>:c:<offset>    the node that has the message, or "." where it is done before older ones are
    <epoch>:n:<offset>    how often the message was refused

A claim is written only where there is none. Before the claim of a message that is done is removed, `t` has
passed its offset: who claims looks at `t` afterwards, and so never takes what is done. The record lives as
long as the channel's counter, so that nothing that is kept is ever taken for new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from hubbub.brokers.records import WITH_CHANNEL, Records, number_of
from hubbub.model import ChannelName

RECORD = "queue:"
"""What the names of the records begin with."""
DONE = b"."


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What a record says of one life of a queue.

    Args:
        epoch: that life. taken: everything up to this offset is done.
        claims: who has what of the rest, and what is done of it. outdated: fields that say nothing any more.
    """

    epoch: str = ""
    taken: int = 0
    claims: Mapping[int, bytes] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()

    @property
    def reach(self) -> int:
        """Return up to where everything is done, whether the record says so yet or not."""
        reach = self.taken
        while self.claims.get(reach + 1) == DONE:
            reach += 1
        return reach

    def stale(self, node: str, mine: Container[int], alive: Container[str]) -> list[int]:
        """Return the offsets whose claims hold nothing any more.

        Args:
            node: who looks. mine: what that one has. alive: the living nodes.
        """
        return [
            offset
            for offset, who in self.claims.items()
            if who != DONE
            and (offset not in mine if who == node.encode() else who.decode() not in alive)
        ]


def outstanding(fields: Mapping[str, bytes], epoch: str) -> Outstanding:
    """Return what a record says of an epoch."""
    taken = number_of(fields.get(taken_field(epoch)))
    claims: dict[int, bytes] = {}
    outdated: list[str] = []
    for name, value in fields.items():
        life, _, rest = name.partition(":")
        kind, _, offset = rest.partition(":")
        if life != epoch or (offset and int(offset) <= taken):
            outdated.append(name)
        elif kind == "c":
            claims[int(offset)] = value
    return Outstanding(epoch, taken, claims, tuple(outdated))


def taken_field(epoch: str) -> str:
    """Return the field of what is done without a hole."""
    return f"{epoch}:t"


def claim_field(epoch: str, offset: int) -> str:
    """Return the field of who has a message."""
    return f"{epoch}:c:{offset}"


def refused_field(epoch: str, offset: int) -> str:
    """Return the field of how often a message was refused."""
    return f"{epoch}:n:{offset}"


class Claims:
    """Keep who has which message of one queue. All methods raise BrokerUnavailable.

    Args:
        records: where. channel: the queue's. node: who claims.
    """

    __slots__ = ("_node", "_record", "_records", "epoch")

    def __init__(self, records: Records, channel: ChannelName, node: str) -> None:
        self._records = records
        self._record = RECORD + channel
        self._node = node.encode()
        self.epoch = ""
        """The life of the queue that offsets belong to."""

    async def look(self) -> Outstanding:
        """Return what there is."""
        return outstanding(await self._records.get(self._record), self.epoch)

    async def claim(self, offset: int) -> bool:
        """Take a message that this node does not have yet; return whether it has it now."""
        name = claim_field(self.epoch, offset)
        # Begun in this order, and taking effect in it.
        won, taken = await asyncio.gather(
            self._records.put_new(self._record, name, self._node, WITH_CHANNEL),
            self._records.raise_to(self._record, taken_field(self.epoch), 0, WITH_CHANNEL),
        )
        if won and offset <= taken:
            await self._records.remove(self._record, [name])
            return False
        return won

    async def finish(self, offset: int) -> None:
        """Note that a message is done."""
        await self._records.put(self._record, claim_field(self.epoch, offset), DONE, WITH_CHANNEL)

    async def release(self, offset: int, node: str = "") -> None:
        """Let somebody else have a message that this node has, or that a node had which is no more."""
        name = claim_field(self.epoch, offset)
        await self._records.release(self._record, name, node.encode() or self._node)

    async def refused(self, offset: int) -> int:
        """Count that a message was refused, and return how often it was."""
        name = refused_field(self.epoch, offset)
        before = await self._records.raise_to(self._record, name, 0, WITH_CHANNEL)
        return await self._records.raise_to(self._record, name, before + 1, WITH_CHANNEL)

    async def pass_over(self, offset: int) -> None:
        """Note that everything up to an offset is done."""
        await self._records.raise_to(self._record, taken_field(self.epoch), offset, WITH_CHANNEL)

    async def tidy(self, outdated: tuple[str, ...]) -> None:
        """Remove fields that say nothing any more."""
        if outdated:
            await self._records.remove(self._record, outdated)
