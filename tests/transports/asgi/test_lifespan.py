from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from hubbub.errors import BrokerUnavailable, LifecycleError
from hubbub.transports.asgi.lifespan import Life, reachable
from tests.transports.asgi.node import Node
from tests.transports.asgi.stage import Server


class Deaf:
    """A socket that is never gone by itself."""

    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


async def test_a_lifespan_starts_drains_and_stops() -> None:
    node = Node()
    async with Life(node, 0.0, 1.0).running():
        assert node.done == ["start"]
    assert node.done == ["start", "drain", "stop"]


async def test_a_node_may_live_again() -> None:
    node = Node()
    life = Life(node, 0.0, 1.0)
    for _ in range(2):
        async with life.running():
            pass
    assert node.done == ["start", "drain", "stop"] * 2


async def test_the_end_waits_for_sockets_and_drops_those_that_stay() -> None:
    life = Life(Node(), 0.0, 0.1)
    deaf, leaving = Deaf(), Deaf()
    async with life.running():
        life.sockets |= {deaf, leaving}
        asyncio.get_running_loop().call_later(0.02, life.sockets.discard, leaving)
    assert (deaf.aborted, leaving.aborted) == (True, False)


async def test_leaving_twice_is_leaving_once() -> None:
    node = Node()
    life = Life(node, 0.0, 1.0)
    async with life.running():
        await asyncio.gather(life.leave(), life.leave())
    assert node.done == ["start", "drain", "stop"]


async def test_requests_start_what_nobody_started_and_wait_for_one_start() -> None:
    node = Node(starting_s=0.02)
    life = Life(node, 0.0, 1.0)
    await asyncio.gather(life.ensure(), life.ensure(), life.ensure())
    await life.ensure()
    assert node.done == ["start"]

    await life.leave()
    await life.ensure()

    assert node.done == ["start", "drain", "stop"]


async def test_a_start_that_fails_is_tried_again_by_the_next_request() -> None:
    node = Node(fault=BrokerUnavailable("away"))
    life = Life(node, 0.0, 1.0)
    with pytest.raises(BrokerUnavailable):
        await life.ensure()
    await life.ensure()
    assert node.done == ["start", "start"]


async def test_a_request_that_is_cancelled_does_not_cancel_the_start() -> None:
    node = Node(starting_s=0.05)
    life = Life(node, 0.0, 1.0)
    first = asyncio.create_task(life.ensure())
    await asyncio.sleep(0)
    first.cancel()
    await life.ensure()
    assert (node.done, first.cancelled()) == (["start"], True)


async def test_starting_twice_says_what_to_do() -> None:
    life = Life(Node(), 0.0, 1.0)
    async with life.running():
        with pytest.raises(LifecycleError, match="start it once"):
            async with life.running():
                pass


def in_another_loop(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


async def test_another_event_loop_says_what_to_do() -> None:
    life = Life(Node(), 0.0, 1.0)
    faults: list[str] = []

    def enter() -> None:
        with pytest.raises(LifecycleError) as caught:
            asyncio.run(life.ensure())
        faults.append(str(caught.value))

    async with life.running():
        in_another_loop(enter)
    assert "one loop at a time" in faults[0]


async def test_a_loop_that_was_closed_says_what_to_do() -> None:
    life = Life(Node(), 0.0, 1.0)
    in_another_loop(lambda: asyncio.run(life.ensure()))
    with pytest.raises(LifecycleError, match="with TestClient"):
        await life.ensure()


async def test_a_servers_lifespan_is_followed() -> None:
    node, server = Node(), Server()
    server.say("lifespan.startup")
    following = asyncio.create_task(Life(node, 0.0, 1.0).follow(server.receive, server.send))
    await server.told(1)
    started = list(node.done)
    server.say("lifespan.shutdown")
    await following

    assert started == ["start"]
    assert node.done == ["start", "drain", "stop"]
    assert [event["type"] for event in server.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_a_server_is_told_why_it_cannot_start() -> None:
    node, server = Node(fault=BrokerUnavailable("no Redis there")), Server()
    server.say("lifespan.startup")
    await Life(node, 0.0, 1.0).follow(server.receive, server.send)

    [failed] = server.sent
    assert failed["type"] == "lifespan.startup.failed"
    assert "no Redis there" in failed["message"]


async def test_a_server_is_told_what_went_wrong_at_the_end() -> None:
    class Stuck(Node):
        async def stop(self) -> None:
            raise OSError("it does not let go")

    server = Server()
    server.say("lifespan.startup")
    server.say("lifespan.shutdown")
    await Life(Stuck(), 0.0, 1.0).follow(server.receive, server.send)

    assert server.sent[-1]["type"] == "lifespan.shutdown.failed"
    assert "let go" in server.sent[-1]["message"]


async def test_a_thread_may_wait_for_the_loop_but_the_loop_may_not() -> None:
    loop = asyncio.get_running_loop()

    assert await asyncio.to_thread(reachable, loop) is loop
    with pytest.raises(LifecycleError, match=r"await app\.publish"):
        reachable(loop)
    with pytest.raises(LifecycleError, match="does not run"):
        reachable(None)
