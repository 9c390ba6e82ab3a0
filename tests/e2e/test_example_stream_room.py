"""The stream room: pages that have nothing but a WebSocket, a real Redis, redis-cli as the other program."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hubbub.config import load
from tests.e2e.conftest import Places
from tests.e2e.examples import EXAMPLES, PHONE, Visitor, copied
from tests.servers import RedisServer

pytestmark = [pytest.mark.browser]

STREAM = "chat_stream"


def add(redis: RedisServer, sender: str, message: str) -> str:
    """Speak in the room as README says that any program can."""
    entry = ("sender", sender, "message", message, "timestamp", "1700000000000")
    return redis.cli("XADD", STREAM, "MAXLEN", "~", "1000", "*", *entry)


def entries(redis: RedisServer) -> list[list[str]]:
    """Return the fields of all entries, as redis-cli prints them."""
    lines = redis.cli("XRANGE", STREAM, "-", "+").splitlines()
    return [lines[at + 1 : at + 7] for at in range(0, len(lines), 7)]


async def test_what_one_says_all_see_and_any_program_takes_part(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    node = await places.node("--config", str(copied("stream_room", tmp_path, redis)))
    url = f"http://127.0.0.1:{node.port}/"
    ada = await Visitor.arrive(browser, f"{url}#user001")
    bob = await Visitor.arrive(browser, f"{url}#user002", viewport=PHONE, color_scheme="dark")
    assert ada.sockets[0].url == f"ws://127.0.0.1:{node.port}/ws/stream/user001"
    await ada.page.screenshot(path=shots / "stream-room-empty.png")

    await ada.say("Hello, everybody!")
    for visitor in (ada, bob):
        await expect(visitor.messages).to_have_text(["Hello, everybody!"])
    await bob.say("你好, user001 <b>not bold</b>")
    assert "-" in add(redis, "robot", "The build is green.")
    said = ["Hello, everybody!", "你好, user001 <b>not bold</b>", "The build is green."]
    for visitor in (ada, bob):
        await expect(visitor.messages).to_have_text(said)
    await expect(ada.page.locator(".own span")).to_have_text(said[:1])
    await expect(bob.page.locator(".own span")).to_have_text(said[1:2])

    written = entries(redis)
    assert [fields[0::2] for fields in written] == [["sender", "message", "timestamp"]] * 3
    assert [fields[1] for fields in written] == ["user001", "user002", "robot"]
    assert [fields[3] for fields in written] == said

    await ada.page.locator("#names").check()
    await expect(ada.messages).to_have_text(said)
    await expect(ada.page.locator("#log small")).to_contain_text(["user001", "user002", "robot"])
    await expect(ada.page.locator(".own span")).to_have_text(said[:1])
    await ada.page.screenshot(path=shots / "stream-room-desktop.png")
    await bob.page.screenshot(path=shots / "stream-room-phone-dark.png")
    assert ada.complaints + bob.complaints == []


async def test_a_ping_is_a_sign_of_life_and_no_message(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path
) -> None:
    node = await places.node("--config", str(copied("stream_room", tmp_path, redis)))
    ada = await Visitor.arrive(browser, f"http://127.0.0.1:{node.port}/#user001")
    await ada.page.clock.run_for(30_000)
    await ada.say("after three pings")

    await expect(ada.messages).to_have_text(["after three pings"])
    assert ada.sent == ["ping", "ping", "ping", "after three pings"]
    assert redis.cli("XLEN", STREAM) == "1"


async def test_history_outlives_the_last_client_and_the_server(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path
) -> None:
    node = await places.node("--config", str(copied("stream_room", tmp_path, redis)))
    url = f"http://127.0.0.1:{node.port}/"
    ada = await Visitor.arrive(browser, f"{url}#user001")
    await ada.say("first")
    await expect(ada.messages).to_have_text(["first"])
    await ada.page.context.close()
    add(redis, "robot", "while nobody was there")

    bob = await Visitor.arrive(browser, f"{url}#user002")
    await expect(bob.messages).to_have_text(["first", "while nobody was there"])
    await node.kill()
    add(redis, "robot", "while no server was there")
    await expect(bob.page.locator("#state")).to_be_visible()
    await node.start()
    await bob.page.clock.run_for(20_000)
    await bob.connected()
    said = ["first", "while nobody was there", "while no server was there"]
    await expect(bob.messages).to_have_text(said)
    eve = await Visitor.arrive(browser, f"{url}#user003")
    await expect(eve.messages).to_have_text(said)

    for number in range(60):
        add(redis, "robot", f"m{number}")
    zoe = await Visitor.arrive(browser, f"{url}#user004")
    await expect(zoe.messages).to_have_text([f"m{number}" for number in range(10, 60)])


@pytest.mark.slow
async def test_two_workers_tell_each_message_once_in_one_order(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path
) -> None:
    file = copied("stream_room", tmp_path, redis, recent=0)
    node = await places.node("--config", str(file), "--workers", "2")
    place = f"127.0.0.1:{node.port}"
    page = await Visitor.arrive(browser, f"http://{place}/#user000")
    urls = [f"ws://{place}/ws/stream/user{number:03}" for number in range(1, 13)]
    sockets = [await connect(url) for url in urls]

    for number in range(100):
        await sockets[number % 12].send(f"client {number}")
        if number % 4 == 0:
            await asyncio.to_thread(add, redis, "robot", f"robot {number}")

    heard = [[await asyncio.wait_for(one.recv(), 60) for _ in range(125)] for one in sockets]
    for socket in sockets:
        await socket.close()
    order = [fields[3] for fields in entries(redis)]
    assert len(set(order)) == 125
    assert all(one == order for one in heard)
    await expect(page.messages).to_have_text(order)
    # One reader each, however many browsers there are.
    names = redis.cli("CLIENT", "LIST").count(":stream-reader ")
    assert names == 2


def test_the_server_pings_every_25_seconds() -> None:
    limits = load(EXAMPLES / "stream_room" / "hubbub.toml", {}).settings.limits

    assert (limits.ping_interval_s, limits.keepalive_s, limits.idle_s) == (25.0, 25.0, 60.0)


@pytest.mark.slow
async def test_a_dead_peer_is_noticed(redis: RedisServer, places: Places, tmp_path: Path) -> None:
    file = copied("stream_room", tmp_path, redis, ping_interval_s=1, keepalive_s=1, idle_s=3)
    node = await places.node("--config", str(file))
    async with connect(f"ws://127.0.0.1:{node.port}/ws/stream/alive", ping_interval=None) as alive:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(
            b"GET /ws/stream/dead HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        frames = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        assert frames.startswith(b"\x89\x00")
        assert (
            b"\x88" + bytes([2 + len("no pong")]) + struct.pack(">H", 3012) + b"no pong" in frames
        )
        await alive.send("still here")
        assert await alive.recv() == "still here"


@pytest.mark.slow
async def test_who_says_something_while_redis_is_away_is_told(
    redis: RedisServer, places: Places, tmp_path: Path
) -> None:
    node = await places.node("--config", str(copied("stream_room", tmp_path, redis)))
    async with connect(f"ws://127.0.0.1:{node.port}/ws/stream/user001") as socket:
        redis.kill()
        await socket.send("lost?")
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 60)
    close = caught.value.rcvd
    assert close is not None
    assert (close.code, "Redis" in close.reason) == (1013, True)
