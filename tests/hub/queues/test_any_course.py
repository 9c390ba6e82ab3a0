"""Whatever happens to a queue and in whatever order, each message is done once, and at last all are."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hub.queues.stage import Member, Worker, nodes

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["send", "join", "ack", "ack all", "nack", "leave", "away", "back", "look"]
        ),
        st.integers(0, 5),
    ),
    max_size=40,
)


class Course:
    """A queue on two nodes, and what its consumers know."""

    def __init__(self, members: list[Member]) -> None:
        self._members = members
        self._workers: list[Worker] = []
        self.sent = 0
        self.done: Counter[int] = Counter()

    async def step(self, what: str, which: int) -> None:
        member = self._members[which % 2]
        if what == "send":
            self.sent += 1
            await member.send(str(self.sent))
        elif what == "join" and len(self._workers) < 4:
            self._workers.append(await member.worker(prefetch=1 + which))
        elif what in {"away", "back"}:
            member.records.away = what == "away"
        elif what == "look":
            await member.look()
        elif self._workers:
            await self._act(what, self._workers[which % len(self._workers)], which)
        self.check()

    async def _act(self, what: str, worker: Worker, which: int) -> None:
        held = list(worker.consumer.held)
        if what == "leave":
            self._workers.remove(worker)
            await worker.leave()
        elif held:
            offset, alone = held[which % len(held)], what != "ack all"
            if what == "nack":
                await worker.nack(offset)
                return
            self.done.update(worker.consumer.upto(offset, alone=alone))
            await worker.try_ack(offset, alone=alone)

    def check(self) -> None:
        """Nobody has what somebody else has, or what is done."""
        held = Counter(offset for worker in self._workers for offset in worker.consumer.held)
        assert not held or max(held.values()) == 1
        assert not held.keys() & self.done.keys()
        assert not self.done or max(self.done.values()) == 1

    async def finish(self) -> None:
        """Let somebody who does everything do the rest."""
        for member in self._members:
            member.records.away = False
        for worker in self._workers:
            await worker.leave()
        self._workers = [await self._members[0].worker(prefetch=100)]
        for _ in range(4):
            for member in self._members:
                await member.look()
            for offset in list(self._workers[0].consumer.held):
                await self._act(
                    "ack", self._workers[0], list(self._workers[0].consumer.held).index(offset)
                )
            self.check()
        assert sorted(self.done) == [*range(1, self.sent + 1)]


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_each_message_is_done_once(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        async with nodes(2) as members:
            course = Course(members)
            for what, which in steps:
                await course.step(what, which)
            await course.finish()

    asyncio.run(play())
