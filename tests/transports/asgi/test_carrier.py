"""What carriers over events have in common, shown with WebSockets; real servers are in tests/embedding."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import ABORTED, SHUTDOWN, SLOW, Close
from hubbub.model import Packet
from hubbub.transports.websocket.frames import plain_frame
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.transports.asgi.carrying import carrying
from tests.transports.wire import until


async def test_a_conversation_learns_that_the_peer_left_and_how() -> None:
    async with carrying() as stage:
        stage.server.say("websocket.disconnect", code=4001, reason="enough")
        assert await stage.ended() == [Close(4001, "enough")]
        stage.carrier.send(Packet(b"too late"))
        stage.carrier.write(b"too late")
        stage.carrier.abort()
    assert stage.server.sent == []


async def test_a_close_stands_behind_all_that_is_queued() -> None:
    async with carrying() as stage:
        stage.carrier.send(Packet(b"last words"))
        stage.carrier.close(SHUTDOWN)
        stage.carrier.close(SLOW)
        stage.carrier.send(Packet(b"too late"))
        await stage.server.told(2)
        stage.server.say("websocket.receive", text="crossed it")
        stage.server.say("websocket.disconnect", code=3001)
        closes = await stage.ended()

    assert closes == [SHUTDOWN]
    assert stage.talk.packets == []
    assert stage.server.sent == [
        {"type": "websocket.send", "text": "last words"},
        {"type": "websocket.close", "code": 3001, "reason": "shutdown"},
    ]


async def test_a_peer_that_does_not_answer_a_close_is_not_waited_for() -> None:
    async with carrying() as stage:
        stage.carrier.close(SHUTDOWN)
        assert await stage.ended() == [SHUTDOWN]


async def test_an_abort_ends_at_once_whatever_is_queued() -> None:
    async with carrying() as stage:
        stage.server.taking.clear()
        stage.carrier.send(Packet(b"never read"))
        stage.carrier.abort()
        stage.carrier.abort()
        assert await stage.ended() == [ABORTED]
    assert stage.server.sent == []


async def test_an_abort_shortens_a_close() -> None:
    async with carrying(WebSocketSettings(close_timeout_s=3600)) as stage:
        stage.carrier.close(SLOW)
        stage.carrier.abort()
        assert await stage.ended() == [SLOW]


async def test_who_reads_too_slowly_is_known_until_he_has_caught_up() -> None:
    async with carrying() as stage:
        stage.server.taking.clear()
        frame = plain_frame(Packet(b"x" * 100))
        for _ in range(20):
            stage.carrier.write(frame)
        behind = stage.carrier.backlog()
        told = list(stage.talk.told)
        stage.server.taking.set()
        await stage.server.told(20)
        await until(lambda: stage.carrier.backlog() == 0)

    assert behind == 20 * len(frame)
    assert told == ["opened", "congested"]
    assert stage.talk.told == ["opened", "congested", "drained"]


async def test_a_ping_is_the_servers_business_and_counts_as_life() -> None:
    async with carrying() as stage:
        stage.carrier.ping()
        await asyncio.sleep(0)

        assert stage.talk.told == ["opened", "heard"]
        assert stage.server.sent == []


async def test_a_server_that_cannot_write_any_more_ends_the_connection() -> None:
    async with carrying() as stage:
        stage.server.fault = OSError("the peer is gone")
        stage.carrier.send(Packet(b"hello"))
        assert await stage.ended() == [ABORTED]


async def test_a_server_that_cancels_us_still_says_why() -> None:
    async with carrying() as stage:
        stage.server.taking.clear()
        stage.carrier.send(Packet(b"never read"))
        await asyncio.sleep(0)
        stage.task.cancel()
        await asyncio.sleep(0)
        stage.server.taking.set()
        with pytest.raises(asyncio.CancelledError):
            await stage.task

    assert stage.talk.closes == [SHUTDOWN]
    assert stage.server.sent == [{"type": "websocket.close", "code": 3001, "reason": "shutdown"}]
