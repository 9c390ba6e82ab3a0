from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import SLOW, Close
from hubbub.model import Packet
from hubbub.transports.websocket.frames import plain_frame
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.transports.asgi.carrying import carrying
from tests.transports.wire import until


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


@pytest.mark.parametrize("event", [{}, {"code": 1005, "reason": None}])
async def test_a_server_need_not_say_how(event: dict[str, object]) -> None:
    async with carrying() as stage:
        stage.server.say("websocket.disconnect", **event)
        assert await stage.ended() == [Close(1005, "")]


async def test_a_close_without_a_code_becomes_a_normal_one() -> None:
    async with carrying() as stage:
        stage.carrier.close(Close(1005, ""))
        sent = await stage.server.told(1)

    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


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
