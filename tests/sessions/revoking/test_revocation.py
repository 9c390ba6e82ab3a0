from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import SystemClock
from hubbub.errors import Refused
from hubbub.hub import journal
from hubbub.sessions.revoking import revocation
from hubbub.sessions.revoking.revocation import REVOKED, Revocations, RevocationSettings
from hubbub.sessions.revoking.revoked import Revocation, Scope
from tests.fakes.clock import JumpingClock
from tests.hub.stage import until
from tests.servers import RedisServer


class Node:
    """A node that knows what was revoked."""

    def __init__(
        self, broker: Broker, clock: JumpingClock, settings: RevocationSettings | None = None
    ) -> None:
        self.broker = broker
        self.clock = clock
        self.revocations = Revocations(broker, settings or RevocationSettings(), clock)
        self.arrived: list[Revocation] = []
        self.revocations.arrived = self.arrived.append

    async def start(self, name: str) -> Node:
        await self.broker.start(name, self.revocations.journal)
        await self.revocations.start()
        return self

    def knows(self, user: str, issued_at: int = 0) -> bool:
        return self.revocations.check(user, "", issued_at, "")

    async def close(self) -> None:
        await self.revocations.close()
        await self.broker.close()


class Stage:
    """Nodes of one cluster in one process."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self.world = World(MemorySettings(), self.clock)
        self.nodes: list[Node] = []

    async def join(self, settings: RevocationSettings | None = None) -> Node:
        broker = MemoryBroker(MemorySettings(), self.clock, self.world)
        node = Node(broker, self.clock, settings)
        self.nodes.append(node)
        return await node.start(f"n{len(self.nodes)}")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    for node in stage.nodes:
        await node.close()


async def test_what_one_node_revokes_all_know_those_that_start_later_too(stage: Stage) -> None:
    one, two = await stage.join(), await stage.join()
    said = await one.revocations.revoke(Scope.USER, "ann")
    late = await stage.join()

    for node in (one, two, late):
        assert node.knows("ann", said.at_s)
        assert not node.knows("ann", said.at_s + 1)
        assert not node.knows("bob")
        assert node.arrived == [said]


async def test_tokens_and_sessions_are_revoked_by_name(stage: Stage) -> None:
    one, two = await stage.join(), await stage.join()
    await one.revocations.revoke(Scope.TOKEN, "t1")
    await one.revocations.revoke(Scope.SESSION, "s1")

    assert two.revocations.check("ann", "t1", 2**40, "s9")
    assert two.revocations.check("ann", "t9", 2**40, "s1")
    assert not two.revocations.check("ann", "t9", 2**40, "s9")


async def test_a_revocation_ends_by_itself(stage: Stage) -> None:
    node = await stage.join()
    await node.revocations.revoke(Scope.USER, "ann", ttl_s=100)
    await node.revocations.revoke(Scope.USER, "bob")
    stage.clock.jump(99)
    node.revocations.tick()
    assert node.knows("ann")
    stage.clock.jump(11)
    node.revocations.tick()
    assert (node.knows("ann"), node.knows("bob"), len(node.revocations)) == (False, True, 1)
    late = await stage.join()
    assert (late.knows("ann"), late.knows("bob")) == (False, True)


async def test_repeating_is_harmless_and_news_only_when_time_has_passed(stage: Stage) -> None:
    node = await stage.join()
    for _ in range(3):
        await node.revocations.revoke(Scope.USER, "ann")
    assert len(node.arrived) == 1
    stage.clock.jump(1)
    await node.revocations.revoke(Scope.USER, "ann")
    assert len(node.arrived) == 2
    assert (await node.broker.log.tops([REVOKED]))[0].offset == 2


@pytest.mark.parametrize(
    ("name", "ttl_s", "says"),
    [
        *(("", None, "1 to 256"), ("x" * 257, None, "1 to 256"), ("ann", 0, "at most")),
        *(("ann", 86_401, "86400 seconds at most"), ("ann", float("nan"), "at most")),
    ],
)
async def test_what_cannot_be_is_refused(
    stage: Stage, name: str, ttl_s: float | None, says: str
) -> None:
    node = await stage.join()
    with pytest.raises(Refused, match=says):
        await node.revocations.revoke(Scope.USER, name, ttl_s)
    assert len(node.revocations) == 0


async def test_none_is_forgotten_where_there_are_too_many(stage: Stage) -> None:
    node = await stage.join(RevocationSettings(limit=3))
    for name in ("ann", "bob", "cid"):
        await node.revocations.revoke(Scope.USER, name, 100)
    with pytest.raises(Refused, match="3 revocations"):
        await node.revocations.revoke(Scope.USER, "dan")
    stage.clock.jump(200)
    node.revocations.tick()
    await node.revocations.revoke(Scope.USER, "dan")
    assert node.knows("dan")


async def test_who_logs_in_and_out_leaves_room_for_what_programs_revoke(stage: Stage) -> None:
    node = await stage.join(RevocationSettings(limit=4))
    for login in ("l1", "l2"):
        await node.revocations.revoke(Scope.LOGIN, login, 100)
    with pytest.raises(Refused, match="2 revocations"):
        await node.revocations.revoke(Scope.LOGIN, "l3", 100)
    await node.revocations.revoke(Scope.LOGINS, "all", 100)
    await node.revocations.revoke(Scope.USER, "ann", 100)
    assert node.knows("ann")


async def test_what_no_node_wrote_is_skipped(stage: Stage) -> None:
    node = await stage.join()
    await node.revocations.journal.append(b"\xc1 nobody wrote this", "k")
    await node.revocations.revoke(Scope.USER, "ann")
    assert node.knows("ann")


async def test_a_lost_feed_is_made_up_for_by_the_next_look(stage: Stage) -> None:
    one, two = await stage.join(), await stage.join()
    two.broker.feed.unsubscribe([REVOKED])
    await one.revocations.revoke(Scope.USER, "ann")
    assert not two.knows("ann")
    stage.clock.jump(journal.LOOK_S)
    two.revocations.tick()
    await until(lambda: two.knows("ann"))


async def test_a_broker_that_lost_all_data_is_told_again_by_who_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "AT_ONCE", 2)
    clock = JumpingClock()
    with RedisServer(tmp_path) as server:

        def node() -> Node:
            return Node(RedisBroker(RedisSettings(server.url), SystemClock()), clock)

        one, two = await node().start("one"), await node().start("two")
        names = [f"user{n}" for n in range(5)]
        for name in names:
            await one.revocations.revoke(Scope.USER, name)
        await until(lambda: len(two.revocations) == 5)
        server.restart(empty=True)
        async with asyncio.timeout(60):
            while (await one.broker.log.tops([REVOKED]))[0].offset < 5:
                await asyncio.sleep(0.05)
        late = await node().start("late")

        assert all(late.knows(name) for name in names)
        assert (await one.broker.log.tops([REVOKED]))[0].offset == 5
        for each in (one, two, late):
            assert len(each.arrived) == 5
            await each.close()


async def test_a_file_remembers_what_was_revoked(tmp_path: Path) -> None:
    clock = JumpingClock()
    for revoked in (False, True):
        broker = SqliteBroker(SqliteSettings(tmp_path / "hubbub.db"), clock)
        node = await Node(broker, clock).start("n1")
        assert node.knows("ann") is revoked
        await node.revocations.revoke(Scope.USER, "ann")
        await node.close()


async def test_within_a_second_all_nodes_know(tmp_path: Path) -> None:
    with RedisServer(tmp_path, socket_only=True) as server:
        nodes = [
            await Node(RedisBroker(RedisSettings(server.url), SystemClock()), JumpingClock()).start(
                f"n{n}"
            )
            for n in range(3)
        ]
        await nodes[0].revocations.revoke(Scope.USER, "ann")
        await until(lambda: all(node.knows("ann") for node in nodes), seconds=1.0)
        for node in nodes:
            await node.close()
