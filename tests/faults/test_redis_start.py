"""What an operator reads when the broker cannot be started, and the ways in that must work."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer, free_port, make_certificate

pytestmark = pytest.mark.faults

KEEP = Retention(10, 300.0)


def broker_at(url: str) -> RedisBroker:
    settings = RedisSettings(url=url, connect_timeout_s=1.0, command_timeout_s=1.0)
    return RedisBroker(settings, SystemClock())


async def complaint(url: str) -> str:
    """Return what a start says that must fail, and check that it leaves nothing behind."""
    tasks = asyncio.all_tasks()
    with pytest.raises(BrokerUnavailable) as caught:
        await broker_at(url).start("node", Recorder())
    assert asyncio.all_tasks() <= tasks
    return str(caught.value)


async def works(url: str) -> bool:
    """Tell whether a message published there comes back."""
    seen, broker = Recorder(), broker_at(url)
    await broker.start("node", seen)
    await broker.feed.subscribe(["room"])
    await broker.log.publish("room", b"x", KEEP)
    await seen.until_payload("room", b"x")
    healthy = broker.health().ok
    await broker.close()
    return healthy


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[int]:
    """Serve every connection on a free port by `answer`."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_nobody_listens() -> None:
    said = await complaint(f"redis://127.0.0.1:{free_port()}")

    assert "Redis at redis://127.0.0.1:" in said
    assert "refused" in said


async def test_a_name_that_does_not_exist() -> None:
    assert "cannot be looked up" in await complaint("redis://no-such-host.invalid")


async def test_a_socket_that_does_not_exist(tmp_path: Path) -> None:
    assert "No such file" in await complaint(f"unix://{tmp_path}/redis.sock")


async def test_an_http_server_answers() -> None:
    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with listening(http) as port:
        said = await complaint(f"redis://127.0.0.1:{port}")

    assert "does not speak the Redis protocol" in said


async def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = await complaint(f"redis://127.0.0.1:{silent.getsockname()[1]}")

    assert "did not answer within 1 s" in said


async def test_passwords(tmp_path: Path) -> None:
    with RedisServer(tmp_path, password="right-secret") as server:
        at = f"127.0.0.1:{server.port}"
        missing = await complaint(f"redis://{at}")
        wrong = await complaint(f"redis://:wrong-secret@{at}")
        unknown = await complaint(f"redis://nobody:wrong-secret@{at}")
        assert await works(server.url)
        assert await works(f"redis://default:right-secret@{at}")

    assert "wants a password" in missing
    assert "refused the user or password" in wrong
    assert "refused the user or password" in unknown
    assert "secret" not in missing + wrong + unknown


async def test_a_password_where_none_is_set(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        said = await complaint(f"redis://:my-secret@127.0.0.1:{server.port}")

    assert "has no password" in said
    assert "my-secret" not in said


async def test_databases_are_apart(tmp_path: Path) -> None:
    """The same channel in two databases is two channels, in the feed too."""
    with RedisServer(tmp_path) as server:
        url = f"redis://127.0.0.1:{server.port}"
        assert "no database of the number" in await complaint(f"{url}/99")
        one, two = (broker_at(f"{url}/{number}") for number in (1, 2))
        seen = [Recorder(), Recorder()]
        for broker, recorder in zip((one, two), seen, strict=True):
            await broker.start("node", recorder)
            await broker.feed.subscribe(["room"])
        await one.log.publish("room", b"in one", KEEP)
        second = await two.log.publish("room", b"in two", KEEP)
        for broker in (one, two):
            await broker.feed.announce("room", b"end")
        for recorder in seen:
            await recorder.until_payload("room", b"end")
        for broker in (one, two):
            await broker.close()

    assert second.position.offset == 1
    assert seen[0].payloads("room") == [b"in one", b"end"]
    assert seen[1].payloads("room") == [b"in two", b"end"]


async def test_a_user_without_permissions(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        server.cli("ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "+@all", "-publish")
        said = await complaint(f"redis://reader:pw@127.0.0.1:{server.port}")

    assert "lacks a permission" in said


async def test_a_full_house(tmp_path: Path) -> None:
    with RedisServer(tmp_path, options=("--maxclients", "1")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"PING\r\n")
        await reader.readline()
        said = await complaint(server.url)
        writer.close()

    assert "maxclients" in said


async def test_a_replica_is_refused_at_the_start(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        server.cli("REPLICAOF", "127.0.0.1", "1")
        said = await complaint(server.url)

    assert "must name the master" in said


async def test_a_unix_socket(tmp_path: Path) -> None:
    with RedisServer(tmp_path, socket_only=True) as server:
        assert await works(server.url)


async def test_tls(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with RedisServer(tmp_path, tls=certificate) as server:
        at = f"127.0.0.1:{server.port}"
        assert await works(server.url)
        assert await works(f"rediss://{at}?ssl_cert_reqs=none")
        untrusted = await complaint(f"rediss://{at}")
        plain = await complaint(f"redis://{at}")

    assert "certificate is not trusted" in untrusted
    assert "ssl_ca_certs" in untrusted
    assert "closed the connection" in plain or "broke" in plain


async def test_tls_to_a_plain_server(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as server:
        said = await complaint(f"rediss://127.0.0.1:{server.port}")

    assert "TLS" in said or "closed" in said or "broke" in said
