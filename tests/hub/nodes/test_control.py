from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hubbub.brokers.contract import Broker
from hubbub.hub.hub import Hub
from hubbub.hub.nodes.control import EVERYBODY, NODES, Control
from hubbub.hub.nodes.duties import Handler
from hubbub.hub.nodes.orders import PAYLOAD_LIMIT, NodeGone, Order, OrderFailed, encode
from hubbub.hub.permissions.namespaces import Namespaces
from hubbub.hub.settings import HubSettings
from tests.hub.conftest import Cluster, MemoryCluster, RedisCluster
from tests.hub.stage import turn, until
from tests.servers import RedisServer


class Stage:
    """Nodes that give each other orders."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.brokers: dict[str, Broker] = {}
        self.controls: dict[str, Control] = {}
        self.done: list[tuple[str, bytes]] = []

    async def join(self, node: str) -> Control:
        broker = self.cluster.make_broker()
        control = Control(broker, node, self.cluster.clock)
        control.on("echo", lambda payload: node.encode() + b":" + payload)
        control.on("note", self._note(node))
        await broker.start(node, control)
        self.brokers[node], self.controls[node] = broker, control
        await control.start(b"info of " + node.encode())
        return control

    def _note(self, node: str) -> Handler:
        def note(payload: bytes) -> bytes:
            self.done.append((node, payload))
            return b""

        return note

    async def die(self, node: str) -> None:
        """End a node without a word, as a crash does: its lease is gone when it is noticed."""
        self.controls.pop(node)
        await self.brokers.pop(node).close()

    def time_out(self) -> None:
        self.cluster.clock.jump(6)

    async def close(self) -> None:
        for control in self.controls.values():
            await control.close()
        for broker in self.brokers.values():
            await broker.close()


@pytest.fixture
async def stage(cluster: Cluster) -> AsyncIterator[Stage]:
    stage = Stage(cluster)
    yield stage
    await stage.close()


async def silent(payload: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


async def test_nodes_know_each_other_until_they_leave(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")

    assert await one.nodes() == await two.nodes() == {"one": b"info of one", "two": b"info of two"}
    await two.close()
    assert await one.nodes() == {"one": b"info of one"}


async def test_a_node_that_died_is_known_no_more(stage: Stage) -> None:
    one, _ = await stage.join("one"), await stage.join("two")
    await stage.die("two")

    assert set(await one.nodes()) == {"one"}
    with pytest.raises(NodeGone, match="no living node"):
        await one.call("two", "echo")


async def test_one_node_carries_out_what_another_orders(stage: Stage) -> None:
    one, _ = await stage.join("one"), await stage.join("two")

    assert await one.call("two", "echo", b"\x00\xff") == b"two:\x00\xff"
    assert await one.call("one", "echo", b"me") == b"one:me"
    answers = await asyncio.gather(*(one.call("two", "echo", b"%d" % n) for n in range(200)))
    assert answers == [b"two:%d" % n for n in range(200)]


async def test_orders_to_oneself_need_no_feed(stage: Stage) -> None:
    one = await stage.join("one")
    stage.brokers["one"].feed.unsubscribe(one.names)

    assert await one.call("one", "echo", b"me") == b"one:me"
    assert (await one.ask_all("echo")).by_node == {"one": b"one:"}


async def test_a_handler_may_wait_and_keeps_no_other_from_running(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")
    gate = asyncio.Event()

    async def slow(payload: bytes) -> bytes:
        async with asyncio.timeout(60):
            await gate.wait()
        return payload

    two.on("slow", slow)
    waiting = asyncio.create_task(one.call("two", "slow", b"late"))
    assert await one.call("two", "echo", b"quick") == b"two:quick"
    gate.set()
    assert await waiting == b"late"


async def test_all_are_asked_and_all_answer(stage: Stage) -> None:
    one, *_ = [await stage.join(name) for name in ("one", "two", "three")]
    answers = await one.ask_all("echo", b"x")

    assert answers.by_node == {"one": b"one:x", "two": b"two:x", "three": b"three:x"}
    assert (answers.failed, answers.missing) == ({}, ())


async def test_a_silent_node_makes_the_answers_partial_and_its_late_word_is_dropped(
    stage: Stage,
) -> None:
    one, two, three = [await stage.join(name) for name in ("one", "two", "three")]
    gate = asyncio.Event()

    async def slow(payload: bytes) -> bytes:
        await gate.wait()
        return b"late"

    three.on("echo", slow)
    asking = asyncio.create_task(one.ask_all("echo", b"x"))
    await until(lambda: two.statistics.carried_out)
    stage.time_out()
    answers = await asking

    assert (set(answers.by_node), answers.missing) == ({"one", "two"}, ("three",))
    gate.set()
    await until(lambda: one.statistics.late == 1)
    assert set((await one.ask_all("echo", b"x")).by_node) == {"one", "two", "three"}


async def test_a_node_that_dies_while_asked_is_missing(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")
    two.on("slow", silent)
    one.on("slow", lambda payload: b"here")
    asking = asyncio.create_task(one.ask_all("slow"))
    calling = asyncio.create_task(one.call("two", "slow"))
    await turn(20)
    await stage.die("two")
    stage.time_out()

    assert (await asking).by_node == {"one": b"here"}
    assert (await asking).missing == ("two",)
    with pytest.raises(NodeGone, match="did not answer"):
        await calling
    await two.close()


async def test_nobody_waits_for_a_node_that_stops_or_is_known_to_be_dead(stage: Stage) -> None:
    one, two, three = [await stage.join(name) for name in ("one", "two", "three")]
    for node in (two, three):
        node.on("slow", silent)
    calls = [asyncio.create_task(one.call(name, "slow")) for name in ("two", "three")]
    await until(lambda: two._duties._under_way and three._duties._under_way)
    await two.close()
    one.mourn("three")

    for calling in calls:
        with pytest.raises(NodeGone, match="it stopped"):
            await calling


async def test_all_are_told_once_and_in_one_order(stage: Stage) -> None:
    one, two, _ = [await stage.join(name) for name in ("one", "two", "three")]
    for number in range(20):
        await (one if number % 2 else two).tell_all("note", b"%d" % number)
    await until(lambda: len(stage.done) == 60)

    for node in ("one", "two", "three"):
        assert [said for at, said in stage.done if at == node] == [b"%d" % n for n in range(20)]


async def test_failures_are_answered_and_harm_nothing(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")

    def fails(payload: bytes) -> bytes:
        raise ValueError("a secret of that node")

    two.on("fails", fails)
    for order, says in (("fails", "an internal error"), ("unheard", "knows no order 'unheard'")):
        with pytest.raises(OrderFailed, match=f"node two: .*{says}"):
            await one.call("two", order)
    answers = await one.ask_all("fails")
    await one.tell_all("fails")

    assert "secret" not in str(answers)
    assert set(answers.failed) == {"one", "two"}
    assert await one.call("two", "echo", b"still here") == b"two:still here"


async def test_too_much_is_refused_before_it_is_sent(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")
    two.on("much", lambda payload: bytes(PAYLOAD_LIMIT + 1))
    big = bytes(PAYLOAD_LIMIT + 1)

    with pytest.raises(OrderFailed, match="bytes at most"):
        await one.call("two", "echo", big)
    with pytest.raises(OrderFailed, match="bytes at most"):
        await one.ask_all("echo", big)
    with pytest.raises(OrderFailed, match="bytes at most"):
        await one.tell_all("echo", big)
    with pytest.raises(OrderFailed, match="its answer has more"):
        await one.call("two", "much")


async def test_what_no_node_wrote_is_counted_and_skipped(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")
    hostile = [
        *(b"", b"\xc1", b"hello", b"\x93\xa2o1", encode(["o1", "echo", "one"])),
        *(encode(["o1", "echo", "two", -1, b""]), encode(["o1", "", "two", 1, b""])),
        *(encode(["o1", "echo", "two", 1, b"", b"more"]), encode(["x9", "echo"])),
        encode(["a1", "two", "1", b""]),
    ]
    for payload in hostile:
        await stage.brokers["two"].feed.announce(EVERYBODY, payload)
    assert await two.call("one", "echo", b"x") == b"one:x"

    assert one.statistics.unreadable == len(hostile)


async def test_a_node_that_just_came_may_answer_too(stage: Stage) -> None:
    one, two = await stage.join("one"), await stage.join("two")
    await stage.brokers["two"].presence.leave(NODES, "two")
    two.on("both", lambda payload: b"2")
    one.on("both", _after(two))
    answers = await one.ask_all("both")

    assert set(answers.by_node) == {"one", "two"}


def _after(other: Control) -> Handler:
    async def wait(payload: bytes) -> bytes:
        await until(lambda: other.statistics.carried_out)
        await asyncio.sleep(0.05)
        return b"1"

    return wait


async def test_the_hub_hands_internal_names_on() -> None:
    cluster = MemoryCluster()
    broker = cluster.make_broker()
    hub = Hub(broker, Namespaces(), HubSettings(), cluster.clock)
    control = Control(broker, "one", cluster.clock)
    hub.admit(control.names, control)
    control.on("echo", lambda payload: payload)
    await broker.start("one", hub)
    await control.start()
    await broker.feed.announce(EVERYBODY, encode(Order("echo", "two", 7, b"x")))
    await broker.log.publish(EVERYBODY, b"x", Namespaces().nameless.retention)
    await broker.presence.leave(NODES, "one")
    hub.on_restored()
    await turn()

    assert (control.statistics.carried_out, control.statistics.unreadable) == (1, 1)
    assert await broker.presence.members(NODES) == {"one": b""}
    await control.close()
    await hub.close()
    await broker.close()


async def test_a_broker_that_came_back_empty_is_told_again_who_lives(
    redis_server: RedisServer,
) -> None:
    stage = Stage(RedisCluster(redis_server))
    one, two = await stage.join("one"), await stage.join("two")
    redis_server.cli("FLUSHALL")
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    async with asyncio.timeout(60):
        while len(await stage.brokers["one"].presence.members(NODES)) != 2:
            await asyncio.sleep(0.01)

    assert await one.call("two", "echo", b"x") == b"two:x"
    assert await two.call("one", "echo", b"x") == b"one:x"
    await stage.close()
