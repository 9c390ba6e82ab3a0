"""The example multi_room: pages with Socket.IO's npm client, through nginx, on four workers that die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import node_with_clients
from tests.deploy.proxy import nginx, written
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.examples import DESKTOP, EXAMPLES, PHONE
from tests.server.running import STARTED_WITHIN_S, serving, wait_until
from tests.servers import free_port, free_ports

pytestmark = [pytest.mark.browser]

HERE = EXAMPLES / "multi_room"
WORKERS = 4
CROWD = 40
LEASE_LEFT_MS = 9_000
"""Of the lease of a worker that is killed so much is left at least: who leaves sooner was buried."""
NPM = CLIENTS / "node_modules/socket.io-client/dist/socket.io.min.js"


class Front:
    """Four workers with nginx in front."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def processes(self) -> dict[str, int]:
        """Return the process of each node."""
        request = urllib.request.Request(f"{self.url}/api/info", b"{}")
        with urllib.request.urlopen(request, timeout=10) as response:
            nodes = json.load(response)["result"]["nodes"]
        return {node["uid"]: node["process"]["pid"] for node in nodes}

    def is_up(self) -> bool:
        try:
            return len(self.processes()) == WORKERS
        except OSError:
            return False


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    place = tmp_path_factory.mktemp("front")
    first, port = free_ports(WORKERS), free_port()
    main = written(place, port, range(first, first + WORKERS))
    program = (f"{HERE}/app.py:app", "--config", f"{HERE}/hubbub.toml")
    own = ("--workers", str(WORKERS), "--worker-ports", f"{first}+")
    with serving(place, *program, *own), nginx(main):
        front = Front(port)
        wait_until(front.is_up, STARTED_WITHIN_S)
        yield front


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._overhear(said.text))

    def _overhear(self, said: str) -> None:
        if "Content Security Policy" in said:
            self.complaints.append(said)

    @classmethod
    async def come(cls, browser: Browser, url: str, name: str, *, phone: bool = False) -> Visitor:
        context = await browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if phone else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = cls(await context.new_page(), name)
        await visitor.page.goto(url)
        return visitor

    async def enter(self) -> None:
        """Say who one is, and wait until one is in the room."""
        await self.page.locator("#username").fill(self.name)
        await self.page.keyboard.press("Enter")
        await self.is_in()

    async def is_in(self) -> None:
        await self.page.locator("#say button:enabled").wait_for()

    async def has_websocket(self) -> None:
        """Wait until the page polls no more, whichever worker its WebSocket came to."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while await self.page.evaluate("socket.io.engine.transport.name") != "websocket":
                await asyncio.sleep(0.05)

    async def node(self) -> str:
        """Return which worker this page's session is on."""
        return str(await self.page.evaluate("socket.id")).partition(".")[0]

    async def say(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")

    @property
    def own(self) -> Locator:
        return self.page.locator("#log .own p")

    @property
    def others(self) -> Locator:
        return self.page.locator("#log .other")

    @property
    def notices(self) -> Locator:
        return self.page.locator("#log .notice")

    async def shoot(self, shots: Path, what: str) -> None:
        await self.page.screenshot(path=shots / f"multi-room-{what}.png")


async def two_on_different_workers(browser: Browser, url: str) -> tuple[Visitor, Visitor]:
    zhang = await Visitor.come(browser, url, "zhang")
    await zhang.enter()
    while True:
        li = await Visitor.come(browser, url, "li", phone=True)
        await li.enter()
        if await li.node() != await zhang.node():
            return zhang, li
        await li.page.locator("#out").click()
        await expect(zhang.page.locator("#count")).to_have_text("1 person")
        await li.page.context.close()


def test_the_client_is_the_one_that_npm_delivers() -> None:
    node_with_clients()
    assert (HERE / "page/socket.io.min.js").read_bytes() == NPM.read_bytes()


async def test_rooms_are_told_who_comes_speaks_and_goes_even_with_their_worker(
    front: Front, browser: Browser, shots: Path
) -> None:
    url = f"{front.url}/?roomid=r1"
    zhang, li = await two_on_different_workers(browser, url)
    wang = await Visitor.come(browser, f"{front.url}/?roomid=r2", "wang")
    await wang.shoot(shots, "hall")
    await wang.enter()

    for visitor in (zhang, li, wang):
        await visitor.has_websocket()
    await expect(zhang.notices.last).to_have_text("li came in")
    await expect(zhang.page.locator("#count")).to_have_text("2 people")
    await expect(li.page.locator("#count")).to_have_text("2 people")
    await li.say("hello <b>from the phone</b>")
    await expect(zhang.others).to_have_text(["liLhello <b>from the phone</b>"])
    await zhang.say("hello li")
    await expect(li.others).to_have_text(["zhangZhello li"])
    await expect(zhang.own).to_have_text(["hello li"])
    await expect(li.own).to_have_text(["hello <b>from the phone</b>"])
    await zhang.shoot(shots, "talk")

    told = await zhang.notices.count()
    os.kill(front.processes()[await li.node()], signal.SIGKILL)
    await expect(zhang.notices.nth(told)).to_have_text("li left", timeout=LEASE_LEFT_MS)
    await zhang.shoot(shots, "left")
    await expect(zhang.notices.nth(told + 1)).to_have_text("li came in")
    await li.is_in()
    await li.say("back again")
    await expect(zhang.others.last).to_contain_text("back again")
    await expect(zhang.page.locator("#count")).to_have_text("2 people")
    await li.shoot(shots, "phone-dark")

    await li.page.locator("#out").click()
    await expect(zhang.notices.nth(told + 2)).to_have_text("li left")
    await expect(zhang.notices).to_have_count(told + 3)
    await expect(zhang.page.locator("#count")).to_have_text("1 person")
    await expect(wang.page.locator("#log li")).to_have_count(0)
    assert zhang.complaints + li.complaints + wang.complaints == []


def test_each_who_was_on_a_killed_worker_leaves_once_and_nobody_else(front: Front) -> None:
    """Half of them poll, and their requests are on all workers when one of these is killed."""
    wait_until(front.is_up, STARTED_WITHIN_S)
    crowd = subprocess.Popen(
        [node_with_clients(), "quits.mjs", str(front.port), str(CROWD)],
        cwd=CLIENTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert crowd.stdin is not None and crowd.stdout is not None
    try:
        nodes = json.loads(crowd.stdout.readline())
        victim = max(nodes, key=nodes.__getitem__)
        os.kill(front.processes()[victim], signal.SIGKILL)
        crowd.stdin.write(f"{victim}\n")
        crowd.stdin.flush()
        account = json.loads(crowd.stdout.readline())
    finally:
        crowd.kill()
        crowd.communicate()
    others = CROWD - nodes[victim]
    assert account == {"gone": nodes[victim], "others": others, "right": others, "ends": []}


async def test_what_a_page_may_not_say_is_told_in_words(
    front: Front, browser: Browser, shots: Path
) -> None:
    visitor = await Visitor.come(browser, f"{front.url}/?roomid=no%20room", "zhang")
    await visitor.page.evaluate("$('enter').noValidate = true")
    await visitor.page.locator("#username").fill("zhang")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("#no")).to_contain_text("name")
    await visitor.shoot(shots, "refused")
    assert visitor.complaints == []
