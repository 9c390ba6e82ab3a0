"""Real nodes, real Redis, real Chromium, and roads between them that can be broken."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
import pytest
from playwright.async_api import Browser, ViewportSize, async_playwright, expect
from pytest_asyncio import fixture, is_async_test

from tests.e2e.person import Person
from tests.e2e.road import Road
from tests.servers import RedisServer, free_port

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "hubbub" / "web" / "static" / "index.html"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
START_DEADLINE_S = 60.0
PATIENCE_MS = 40_000
"""How long a browser may take for anything: other tests use the same two cores."""

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one event loop for all tests of this folder, so that they can share a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody's browser is set up."""

    locale: str = "en-GB"
    phone: bool = False
    dark: bool = False
    calm: bool = False
    """Whether motion is not wanted."""

    @property
    def viewport(self) -> ViewportSize:
        """Return the size of the page."""
        return {"width": 390, "height": 844} if self.phone else {"width": 1280, "height": 800}


_PLAIN = Look()


class Arrive(Protocol):
    """Let somebody open the page for the first time, in a browser of their own."""

    async def __call__(
        self, url: str, name: str, *, room: str = "lobby", look: Look = _PLAIN
    ) -> Person:
        """Return them once they are in the room."""
        ...


class Node:
    """One `hubbub serve` on a port of its own, which it keeps over a restart."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.port = free_port()
        self._directory = directory
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._end(signal.SIGTERM)

    async def start(self) -> None:
        """Start it, and return when it is ready."""
        log = self._directory / f"node-{self.port}.log"
        with log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hubbub", "serve", "--port", str(self.port)),
                *self._arguments,
                stdout=out,
                stderr=out,
                cwd=self._directory,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )
        async with asyncio.timeout(START_DEADLINE_S), httpx.AsyncClient() as client:
            while not await self._ready(client):
                assert self._process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as a crash would."""
        await self._end(signal.SIGKILL)

    async def kill_workers(self) -> None:
        """End all workers of a crew, one after another, as crashes would; the supervisor replaces each."""
        workers = self._workers()
        assert len(workers) > 1, "this is no crew"
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
            async with asyncio.timeout(START_DEADLINE_S):
                while worker in self._workers():
                    await asyncio.sleep(0.02)

    def _workers(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return [
            child
            for child in children
            if b"hubbub.server" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    async def publish(self, channel: str, *payloads: dict[str, Any]) -> None:
        """Publish over HTTP, in order."""
        commands = [{"publish": {"channel": channel, "data": payload}} for payload in payloads]
        await self._ask("batch", commands=commands)

    async def log(self, channel: str) -> list[Any]:
        """Return what is stored of a channel, oldest first."""
        history = (await self._ask("history", channel=channel, limit=100))["result"]
        return [publication["data"] for publication in history["publications"]]

    async def _ask(self, method: str, **body: object) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            answer = (await client.post(f"/api/{method}", content=json.dumps(body))).json()
        results = answer.get("replies", [answer])
        assert not any("error" in each for each in results), answer
        said: dict[str, Any] = answer
        return said

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"http://127.0.0.1:{self.port}/health/ready")).is_success
        except httpx.TransportError:
            return False

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), START_DEADLINE_S)
        except TimeoutError:
            process.kill()
            await process.wait()


class Places(Protocol):
    """Make nodes and roads that end with the test."""

    async def node(self, *arguments: str) -> Node:
        """Start a node."""
        ...

    async def road(self, node: Node) -> Road:
        """Lay a road to a node."""
        ...


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One Redis, which two nodes may share."""
    with RedisServer(tmp_path, socket_only=True) as server:
        yield server


@fixture(loop_scope="session")
async def places(tmp_path: Path) -> AsyncIterator[Places]:
    """Nodes and roads, ended in order."""
    async with AsyncExitStack() as stack:

        class Kept:
            async def node(self, *arguments: str) -> Node:
                return await stack.enter_async_context(
                    Node(tmp_path, *(arguments or ("--broker", "memory://")))
                )

            async def road(self, node: Node) -> Road:
                return await stack.enter_async_context(Road(node.port))

        yield Kept()


@fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests, because its start costs more than most of them."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """Return the browser, in which nobody has been."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures go: HUBBUB_SHOTS, for somebody who wants to look at them, or a temporary directory."""
    directory = Path(os.environ.get("HUBBUB_SHOTS") or tmp_path / "shots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@fixture(loop_scope="session")
async def arrive(browser: Browser, shots: Path) -> AsyncIterator[Arrive]:
    """Let somebody come with a browser of their own; at the end no page may have thrown."""
    people: list[Person] = []

    async def come(url: str, name: str, *, room: str = "lobby", look: Look = _PLAIN) -> Person:
        context = await browser.new_context(
            viewport=look.viewport,
            locale=look.locale,
            color_scheme="dark" if look.dark else "light",
            reduced_motion="reduce" if look.calm else "no-preference",
            is_mobile=look.phone,
            has_touch=look.phone,
            device_scale_factor=2 if look.phone else 1,
        )
        context.set_default_timeout(PATIENCE_MS)
        people.append(await Person.arrive(context, url, name, shots, room))
        return people[-1]

    yield come
    complaints = [f"{person.name}: {each}" for person in people for each in person.complaints]
    assert complaints == []
