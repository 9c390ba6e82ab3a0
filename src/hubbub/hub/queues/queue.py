"""One queue on one node: it hands out messages to the consumers that the queue has here.

It follows the channel only to be told that there is something new, and reads the log from its cursor on. What
it can hand out it claims first. A look at the record, every few seconds and whenever somebody gave a message
back, finds what is free behind the cursor: then it begins there again.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress

import structlog

from hubbub.dialects.contract import HistoryPage, Resync, Subscribed
from hubbub.errors import BrokerUnavailable, HubbubError
from hubbub.hub.chores import Chores
from hubbub.hub.contract import Attachment
from hubbub.hub.hub import Hub
from hubbub.hub.nodes.control import Control
from hubbub.hub.queues.bell import BELL
from hubbub.hub.queues.claims import DONE, Claims, Outstanding
from hubbub.hub.queues.consumer import Consumer
from hubbub.hub.queues.dead import bury
from hubbub.hub.queues.possession import Fate, Possession
from hubbub.model import ChannelName, ClientInfo, Position, Publication

_log = structlog.get_logger(__name__)

FREED = "queue.freed"
"""The order by which nodes are told that a message of a queue was given back."""
REFUSALS = 10
"""How often a message may be refused; then it goes to the channel of the dead."""
_ALL = -1


class Queue:
    """Hand out a queue's messages on this node (a `hub.contract.Subscriber`).

    Args:
        channel: the queue's. hub: where it is. control: the way to the other nodes. chores: work apart.
    """

    def __init__(self, channel: ChannelName, hub: Hub, control: Control, chores: Chores) -> None:
        self.channel = channel
        self.info = ClientInfo("", f"!queue.{control.node}.{channel}")
        self.write: Callable[[bytes], None] = self._ring
        self.consumers: list[Consumer] = []
        self._hub = hub
        self._control = control
        self._chores = chores
        self._claims = Claims(hub.broker.records, channel, control.node)
        self._cursor = 0
        """What this node has been through: it has or had it, or somebody else has."""
        self._known: frozenset[int] = frozenset()
        """What somebody has, as of the last look."""
        self._mine = Possession(self._claims, control.node)
        self._rung = self._working = self._looking = False

    # ── hub.contract.Subscriber ─────────────────────────────────────────────────────────────────

    def info_in(self, channel: ChannelName) -> ClientInfo:
        """Return who it is."""
        return self.info

    def is_seen_in(self, channel: ChannelName) -> bool:
        """Tell nobody that it is there."""
        return False

    def resync(self, resync: Resync) -> None:
        """Begin again where the record says."""
        self.look_soon()

    def _ring(self, data: bytes) -> None:
        self.wake()

    # ── coming and going ────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Follow the channel. Raises Refused or BrokerUnavailable."""
        await self._hub.attach(self, Attachment(self.channel, BELL, self._arrived))
        try:
            await self._begin()
        except BaseException:
            self.close()
            raise

    def _arrived(self, reply: Subscribed) -> bool:
        self._claims.epoch = reply.position.epoch
        return True

    async def _begin(self) -> None:
        found = await self._claims.look()
        self._cursor, self._known = found.taken, frozenset(found.claims)

    def close(self) -> None:
        """Follow the channel no more."""
        self._hub.detach(self.info, self.channel, BELL, seen=False)
        self._hub.forget(self.info.session)

    def add(self, consumer: Consumer) -> None:
        """Hand out messages to a consumer too."""
        self.consumers.append(consumer)
        self.look_soon()

    def remove(self, consumer: Consumer) -> None:
        """Hand out nothing more to a consumer; what it has, others may have."""
        self.consumers.remove(consumer)
        had = list(consumer.held)
        self._mine.let_go(consumer, had, Fate.FREE)
        self._chores.begin(self._give_back(had))

    def is_idle(self) -> bool:
        """Tell whether nobody is here, and nothing is left to be said to the record."""
        return not self.consumers and self._mine.is_settled()

    # ── handing out ─────────────────────────────────────────────────────────────────────────────

    def wake(self) -> None:
        """Hand out what can be."""
        self._rung = True
        if not self._working:
            self._working = True
            self._chores.begin(self._work())

    async def _work(self) -> None:
        try:
            while self._rung:
                self._rung = False
                await self._hand_out()
        except HubbubError as fault:  # the next look begins again
            _log.debug("a queue waits", channel=self.channel, fault=str(fault))
        finally:
            self._working = False

    def _room(self) -> int:
        return sum(max(0, each.room) for each in self.consumers)

    async def _hand_out(self) -> None:
        while (room := self._room()) > 0:
            page = await self._page(room)
            if page.position.epoch != self._claims.epoch:
                await self._be_born_again(page.position.epoch)
                continue
            if not page.publications and page.position.offset > self._cursor:
                page = await self._page(_ALL)  # the first ones may be such that nobody can read
            found = page.publications[:room]
            self._cursor = found[-1].offset if found else page.position.offset
            if not found:
                return
            wanted = [
                each
                for each in found
                if each.offset not in self._known and each.offset not in self._mine
            ]
            won = await self._mine.claim([each.offset for each in wanted])
            for publication in compress(wanted, won):
                self._give(publication)

    async def _page(self, limit: int) -> HistoryPage:
        since = Position("", self._cursor)
        return await self._hub.history(self.channel, limit, since, reverse=False)

    async def _be_born_again(self, epoch: str) -> None:
        """Go on in another life of the channel: what was claimed belongs to none of its messages."""
        self._claims.epoch = epoch
        self._mine.clear()
        await self._begin()

    def _give(self, publication: Publication) -> None:
        offset = publication.offset
        consumer = max(self.consumers, key=lambda each: each.room, default=None)
        if consumer is None or consumer.room <= 0:  # somebody left meanwhile, or does not read
            self._mine.leave(offset, Fate.FREE)
            self._chores.begin(self._give_back([offset]))
            return
        self.consumers.remove(consumer)  # others that have as much room come before it next time
        self.consumers.append(consumer)
        if consumer.acks:
            self._mine.hold(offset, consumer, publication.tag)
            consumer.show(publication)
        else:
            consumer.show(publication)
            self._mine.leave(offset, Fate.DONE)
            self._chores.begin(self._finish(offset))

    # ── what becomes of messages ────────────────────────────────────────────────────────────────

    async def acknowledge(self, consumer: Consumer, offset: int, *, alone: bool) -> None:
        """Take a message, or all up to it, for done. Raises BrokerUnavailable; it is tried again then."""
        done = consumer.upto(offset, alone=alone)
        self._mine.let_go(consumer, done, Fate.DONE)
        self.wake()
        await self._mine.settle_all(done)

    async def refuse(self, consumer: Consumer, offset: int, *, alone: bool) -> None:
        """Give a message, or all up to it, to others, or to the dead. Raises as `acknowledge` does."""
        refused = consumer.upto(offset, alone=alone)
        self._mine.let_go(consumer, refused, Fate.OPEN)
        try:
            for each in refused:
                if await self._claims.refused(each) >= REFUSALS:
                    await bury(self._hub, self.channel, self._claims.epoch, each)
                    self._mine.decide(each, Fate.DONE)
        finally:
            for each in refused:
                self._mine.decide(each, Fate.FREE)
        await self._give_back(refused)

    async def _give_back(self, offsets: list[int]) -> None:
        try:
            await self._mine.settle_all(offsets)
            if offsets:
                await self._control.tell_all(FREED, self.channel.encode())
        except BrokerUnavailable as fault:
            _log.debug("what a queue gives back waits", channel=self.channel, fault=str(fault))

    async def _finish(self, offset: int) -> None:
        try:
            await self._mine.settle(offset)
        except BrokerUnavailable as fault:  # the next look tries again
            _log.debug("what a queue has done waits", channel=self.channel, fault=str(fault))

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def look_soon(self) -> None:
        """Look at what others have, unless that is being done."""
        if not self._looking:
            self._looking = True
            self._chores.begin(self._look())

    async def _look(self) -> None:
        try:
            await self._mine.settle_all()
            found = await self._claims.look()
            freed = await self._mine.free_stale(found, await self._control.nodes())
            # Asked behind the record: what that says of other lives is then of earlier ones.
            if found.epoch == (await self._page(0)).position.epoch == self._claims.epoch:
                await self._tidy(found, self._begin_again(found, freed))
        except HubbubError as fault:
            _log.debug("a queue cannot be looked at", channel=self.channel, fault=str(fault))
        finally:
            self._looking = False
        self.wake()

    def _begin_again(self, found: Outstanding, freed: set[int]) -> int:
        """Go back to the first message that is free; return how far this node was."""
        claimed = found.claims.keys() - freed
        self._known = frozenset(claimed)
        passed = max(self._cursor, found.taken)
        free = (n for n in range(found.taken + 1, passed + 1) if n not in claimed)
        self._cursor = next(free, passed + 1) - 1
        return passed

    async def _tidy(self, found: Outstanding, passed: int) -> None:
        """Move on over what is done, and over what is not kept any more."""
        reach = found.reach
        kept = self._hub.namespaces.resolve(self.channel).history_size
        if reach >= passed or (reach + 1 in found.claims and passed - reach <= kept):
            first = reach + 1
        else:
            first = await self._first_behind(reach)
            if found.epoch != self._claims.epoch:
                return
        if first > reach + 1:
            lost = [n for n in range(reach + 1, first) if found.claims.get(n) != DONE]
            reach = first - 1
            if lost:
                _log.warning("a queue dropped messages", channel=self.channel, dropped=len(lost))
        if reach > found.taken:
            await self._claims.pass_over(reach)
        await self._claims.tidy(found.outdated)

    async def _first_behind(self, offset: int) -> int:
        """Return the offset of the first message behind one that is still kept."""
        page = await self._hub.history(self.channel, 1, Position("", offset), reverse=False)
        if page.position.epoch != self._claims.epoch:
            return offset + 1
        if not page.publications and page.position.offset > offset:
            page = await self._hub.history(self.channel, _ALL, Position("", offset), reverse=False)
        return page.publications[0].offset if page.publications else page.position.offset + 1
