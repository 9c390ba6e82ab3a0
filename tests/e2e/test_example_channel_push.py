"""Channel push: pages that have nothing but a WebSocket, a real Redis, redis-cli as the other program."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest
import uvloop
from playwright.async_api import Browser, expect
from redis import Redis

from tests.e2e.conftest import Places
from tests.e2e.examples import PHONE, Visitor, copied
from tests.server.running import serving, wait_until
from tests.servers import RedisServer

pytestmark = [pytest.mark.browser]

CHANNELS = 10_000
AT_ONCE = 100


async def test_a_push_reaches_the_pages_of_its_channel_and_no_others(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    node = await places.node("--config", str(copied("channel_push", tmp_path, redis)))
    url = f"http://127.0.0.1:{node.port}/"
    zhang = await Visitor.arrive(browser, f"{url}#zhang")
    phone = await Visitor.arrive(browser, f"{url}#zhang", viewport=PHONE, color_scheme="dark")
    li = await Visitor.arrive(browser, f"{url}#li")
    assert zhang.sockets[0].url == f"ws://127.0.0.1:{node.port}/webws?channel=%22zhang%22"

    assert redis.cli("PUBLISH", "chat:zhang", "hello") == "1"
    for visitor in (zhang, phone):
        await expect(visitor.messages).to_have_text(["hello"])
    redis.cli("PUBLISH", "chat:zhang", '{"title": "Parcel", "text": "It is at your door."}')
    await expect(zhang.messages).to_have_text(["It is at your door.", "hello"])
    await expect(zhang.page.locator("#log b")).to_have_text(["Parcel"])

    with Redis(unix_socket_path=str(redis.socket)) as other:
        ears = other.pubsub(ignore_subscribe_messages=True)
        ears.psubscribe("*")
        assert ears.get_message(timeout=60) is None
        await phone.say("from the phone <i>as it is</i>")
        await expect(zhang.messages.first).to_have_text("from the phone <i>as it is</i>")
        heard = await asyncio.to_thread(ears.get_message, timeout=60)
        ears.close()
    assert heard is not None
    assert (heard["channel"], heard["data"]) == (b"chat:zhang", b"from the phone <i>as it is</i>")
    redis.cli("PUBLISH", "chat:li", "for li")
    await expect(li.messages).to_have_text(["for li"])
    await expect(zhang.messages).to_have_count(3)
    await zhang.page.screenshot(path=shots / "channel-push-desktop.png")
    await phone.page.screenshot(path=shots / "channel-push-phone-dark.png")
    await li.page.screenshot(path=shots / "channel-push-li.png")
    assert zhang.complaints + phone.complaints + li.complaints == []


async def test_leaving_frees_the_subscription(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path
) -> None:
    file = copied("channel_push", tmp_path, redis, more="[hub]\nlinger_s = 0.5")
    node = await places.node("--config", str(file))
    zhang = await Visitor.arrive(browser, f"http://127.0.0.1:{node.port}/#zhang")
    other = await Visitor.arrive(browser, f"http://127.0.0.1:{node.port}/#zhang")
    assert redis.cli("PUBSUB", "CHANNELS", "chat:*") == "chat:zhang"

    await other.page.context.close()
    await zhang.page.locator("#channel").fill("li")
    await zhang.page.keyboard.press("Enter")
    await zhang.connected()
    async with asyncio.timeout(60):
        while redis.cli("PUBSUB", "CHANNELS", "chat:*") != "chat:li":
            await asyncio.sleep(0.05)
    assert redis.cli("PUBSUB", "NUMSUB", "chat:zhang", "chat:li").split() == [
        *("chat:zhang", "0", "chat:li", "1")
    ]
    await zhang.page.context.close()
    async with asyncio.timeout(60):
        while redis.cli("PUBSUB", "CHANNELS", "chat:*"):
            await asyncio.sleep(0.05)


async def test_a_page_listens_again_after_the_server_was_away(
    redis: RedisServer, places: Places, browser: Browser, tmp_path: Path
) -> None:
    node = await places.node("--config", str(copied("channel_push", tmp_path, redis)))
    zhang = await Visitor.arrive(browser, f"http://127.0.0.1:{node.port}/#zhang")
    await node.kill()
    await expect(zhang.page.locator("#state")).to_contain_text("again")
    await node.start()
    await zhang.page.clock.run_for(20_000)
    await zhang.connected()
    assert redis.cli("PUBLISH", "chat:zhang", "back") == "1"
    await expect(zhang.messages).to_have_text(["back"])


class Listener(asyncio.Protocol):
    """A client of one channel with nothing but a socket."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.data = b""
        self.greeted: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    @property
    def heard(self) -> bytes:
        """Return the text frames; the server pings, too."""
        return self.data.replace(b"\x89\x00", b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(
            b"GET /webws?channel=%%22n%d%%22 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % self.number
        )

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if end and not self.greeted.done():
            self.data = rest
            self.greeted.set_result(head.splitlines()[0])


async def listen_everywhere(port: int, redis: Redis) -> dict[int, bytes]:
    """Follow many channels, push to some, and return what arrived, by channel."""
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)

    async def come(number: int) -> Listener:
        async with room:
            _, listener = await loop.create_connection(lambda: Listener(number), "127.0.0.1", port)
            assert b" 101 " in await listener.greeted
            return listener

    async with asyncio.timeout(60):
        listeners = await asyncio.gather(*map(come, range(CHANNELS)))
    async with asyncio.timeout(60):
        while len(redis.pubsub_channels("chat:*")) < CHANNELS:
            await asyncio.sleep(0.05)
    for number in range(0, CHANNELS, 97):
        assert redis.publish(f"chat:n{number}", f"to {number}") == 1
    async with asyncio.timeout(60):
        while sum(bool(one.heard) for one in listeners) < len(range(0, CHANNELS, 97)):
            await asyncio.sleep(0.05)
    connections = redis.client_list(_type="pubsub")
    assert len(connections) == 1, connections
    # The one more is how the source knows that it still hears.
    assert int(connections[0]["sub"]) == CHANNELS + 1
    heard = {one.number: one.heard for one in listeners if one.heard}
    for one in listeners:
        assert one.transport is not None
        one.transport.abort()
    return heard


@pytest.mark.slow
def test_ten_thousand_channels_cost_one_connection(redis: RedisServer, tmp_path: Path) -> None:
    file = copied("channel_push", tmp_path, redis, more="[hub]\nlinger_s = 0.5")
    with (
        serving(tmp_path, "--config", str(file)) as server,
        Redis(unix_socket_path=str(redis.socket)) as other,
    ):
        port = int(server.url.rpartition(":")[2])
        heard = uvloop.run(listen_everywhere(port, other))
        assert heard == {
            number: b"\x81%c" % len(text) + text
            for number in range(0, CHANNELS, 97)
            for text in (f"to {number}".encode(),)
        }
        wait_until(lambda: other.pubsub_channels("chat:*") == [])
        assert server.err == ""
