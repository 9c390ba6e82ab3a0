"""The carrier against a server that takes things when the test says so; real ones are in tests/embedding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.errors import SHUTDOWN, SLOW, Close
from hubbub.model import Packet
from hubbub.transports.asgi.unframing import Unframer
from hubbub.transports.asgi.websocket import AsgiWebSocket
from hubbub.transports.websocket.frames import plain_frame
from hubbub.transports.websocket.protocol import ABORTED, WebSocketSettings
from tests.transports.asgi.stage import Server
from tests.transports.wire import Recorder, until

SETTINGS = WebSocketSettings(message_limit=1000, close_timeout_s=0.05, high_water=1000)


class Stage:
    """A conversation over a server."""

    def __init__(self, settings: WebSocketSettings) -> None:
        self.server = Server()
        self.talk = Recorder()
        self.carrier = AsgiWebSocket(self.talk, settings, Unframer(), self.server.send)
        self.task = asyncio.create_task(self.carrier.carry(self.server.receive))

    async def ended(self) -> list[Close]:
        """Wait until the carrier has nothing left to do, and return how the conversation was closed."""
        await asyncio.wait_for(self.task, 5)
        return self.talk.closes


@asynccontextmanager
async def carrying(settings: WebSocketSettings = SETTINGS) -> AsyncIterator[Stage]:
    stage = Stage(settings)
    await until(lambda: stage.talk.told == ["opened"])
    try:
        yield stage
    finally:
        stage.server.taking.set()
        stage.task.cancel()
        await asyncio.gather(stage.task, return_exceptions=True)
        assert len(stage.talk.closes) == 1


async def test_messages_of_both_kinds_go_both_ways_in_order() -> None:
    async with carrying() as stage:
        stage.server.say("websocket.receive", text="größe")
        stage.server.say("websocket.receive", bytes=b"\x00\xff", text=None)
        await until(lambda: len(stage.talk.packets) == 2)
        stage.carrier.send(Packet(b"one"))
        stage.carrier.write(
            plain_frame(Packet(b"\xff", binary=True)) + plain_frame(Packet(b"three"))
        )

        sent = await stage.server.told(3)

    assert stage.talk.packets == [Packet("größe".encode()), Packet(b"\x00\xff", binary=True)]
    assert sent[:3] == [
        {"type": "websocket.send", "text": "one"},
        {"type": "websocket.send", "bytes": b"\xff"},
        {"type": "websocket.send", "text": "three"},
    ]


async def test_a_conversation_learns_that_the_peer_left_and_how() -> None:
    async with carrying() as stage:
        stage.server.say("websocket.disconnect", code=4001, reason="enough")
        assert await stage.ended() == [Close(4001, "enough")]
        stage.carrier.send(Packet(b"too late"))
        stage.carrier.write(b"too late")
        stage.carrier.abort()
    assert stage.server.sent == []


@pytest.mark.parametrize("event", [{}, {"code": 1005, "reason": None}])
async def test_a_server_need_not_say_how(event: dict[str, object]) -> None:
    async with carrying() as stage:
        stage.server.say("websocket.disconnect", **event)
        assert await stage.ended() == [Close(1005, "")]


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


async def test_a_close_without_a_code_becomes_a_normal_one() -> None:
    async with carrying() as stage:
        stage.carrier.close(Close(1005, ""))
        sent = await stage.server.told(1)

    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


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


async def test_a_message_that_is_too_big_ends_the_connection() -> None:
    async with carrying() as stage:
        stage.server.say("websocket.receive", text="x" * 1000)
        stage.server.say("websocket.receive", text="x" * 1001)
        closes = await stage.ended()
        sent = stage.server.sent

    assert [close.code for close in closes] == [1009]
    assert stage.talk.packets == [Packet(b"x" * 1000)]
    assert [(event["type"], event["code"]) for event in sent] == [("websocket.close", 1009)]


async def test_reading_pauses_and_goes_on() -> None:
    async with carrying() as stage:
        stage.server.say("websocket.receive", text="one")
        await until(lambda: len(stage.talk.packets) == 1)
        stage.carrier.pause_reading()
        stage.carrier.pause_reading()
        for _ in range(3):  # the one that was asked for before is taken
            stage.server.say("websocket.receive", text="more")
        await asyncio.sleep(0.02)
        paused = len(stage.talk.packets)
        stage.carrier.resume_reading()
        await until(lambda: len(stage.talk.packets) == 4)

    assert paused == 2


async def test_a_close_is_answered_even_where_reading_was_paused() -> None:
    async with carrying(WebSocketSettings(close_timeout_s=3600)) as stage:
        stage.server.say("websocket.receive", text="one")
        await until(lambda: len(stage.talk.packets) == 1)
        stage.carrier.pause_reading()
        stage.server.say("websocket.receive", text="more")
        stage.server.say("websocket.receive", text="unread")
        stage.server.say("websocket.disconnect", code=3008)
        stage.carrier.close(SLOW)
        stage.carrier.pause_reading()
        assert await stage.ended() == [SLOW]


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
