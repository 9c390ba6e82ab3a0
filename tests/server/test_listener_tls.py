from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.server.listener import Listener
from hubbub.server.waiting import Polls
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.server.ports import GET, PAGE, listening
from tests.server.test_limited import LIMITS
from tests.server.test_waiting import ANSWER, POLL, Answers
from tests.transports.wire import DEADLINE_S, Door, handshake, until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("tls")
    key, cert = home / "key.pem", home / "cert.pem"
    making = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*making.split(), *names, *files], check=True, capture_output=True)
    return key, cert


@asynccontextmanager
async def listening_tls(
    certificate: tuple[Path, Path],
    settings: ListenerSettings,
    door: Door,
    polls: Polls | None = None,
) -> AsyncIterator[tuple[int, Listener, ssl.SSLContext]]:
    key, cert = certificate
    files: dict[str, Any] = {"ssl_keyfile": os.fspath(key), "ssl_certfile": os.fspath(cert)}
    async with listening(settings, door=door, polls=polls, **files) as (port, listener):
        yield port, listener, ssl.create_default_context(cafile=cert)


async def test_websockets_work_over_tls(certificate: tuple[Path, Path]) -> None:
    settings = ListenerSettings(websocket=WebSocketSettings(message_limit=100_000))
    door = Door(echo=True)
    async with listening_tls(certificate, settings, door) as (port, listener, trust):
        url = f"wss://localhost:{port}/ws"
        async with connect(url, ssl=trust, proxy=None) as client:
            messages: list[str | bytes] = ["hello", b"\x00\xff", "x" * 100_000]
            for message in messages:
                await client.send(message)
                assert await client.recv() == message
            door.sessions[0].connection.close(Close(4001, "enough"))
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4001, "enough")
        await until(lambda: not listener.carriers)
        assert door.sessions[0].closes == [Close(4001, "enough")]


async def test_a_violation_over_tls_ends_with_its_code(certificate: tuple[Path, Path]) -> None:
    settings = ListenerSettings(websocket=WebSocketSettings(message_limit=1000))
    door = Door()
    async with listening_tls(certificate, settings, door) as (port, listener, trust):
        async with connect(f"wss://localhost:{port}/ws", ssl=trust, proxy=None) as client:
            await client.send(bytes(2_000_000))
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009
        await until(lambda: not listener.carriers)
        assert [close.code for close in door.sessions[0].closes] == [1009]


async def test_refusals_and_limits_hold_over_tls(certificate: tuple[Path, Path]) -> None:
    async with listening_tls(certificate, LIMITS, Door()) as (port, _, trust):
        for data, status in [(handshake("/closed"), 403), (GET[:-2] + b"X: " + b"a" * 3000, 431)]:
            reader, writer = await asyncio.open_connection("localhost", port, ssl=trust)
            writer.write(data)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
            assert head.startswith(b"HTTP/1.1 %d " % status)
            writer.transport.abort()


async def test_shared_bytes_go_out_over_tls_as_they_are(certificate: tuple[Path, Path]) -> None:
    door = Door()
    async with (
        listening_tls(certificate, ListenerSettings(), door) as (port, _, trust),
        connect(f"wss://localhost:{port}/ws", ssl=trust, proxy=None, compression=None) as client,
    ):
        connection = door.sessions[0].connection
        connection.write(connection.frame(Packet(b"one")) + connection.frame(Packet(b"two")))
        assert [await client.recv(), await client.recv()] == ["one", "two"]


async def test_polls_wait_over_tls_and_go_back_to_http(certificate: tuple[Path, Path]) -> None:
    answers = Answers()
    async with listening_tls(certificate, ListenerSettings(), Door(), answers) as (port, _, trust):
        reader, writer = await asyncio.open_connection("localhost", port, ssl=trust)
        for _again in range(2):
            writer.write(POLL)
            await until(lambda: answers.waiting)
            answers.hurry()
            await asyncio.wait_for(reader.readuntil(ANSWER), DEADLINE_S)
            writer.write(GET)
            await asyncio.wait_for(reader.readuntil(PAGE), DEADLINE_S)
        writer.transport.abort()
