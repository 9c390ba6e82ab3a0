"""The example session_push: pages that have nothing but a WebSocket, on two workers.

That a reload drops nothing is shown by `tests/faults/test_pushes.py`, with more clients.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from websockets.asyncio.client import connect

from tests.e2e.conftest import AXE, PATIENCE_MS
from tests.e2e.examples import DESKTOP, EXAMPLES, PHONE
from tests.server.running import Running, serving
from tests.servers import free_ports

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("session_push")
    copy = shutil.copytree(EXAMPLES / "session_push", place / "session_push")
    settings = copy / "hubbub.toml"
    settings.write_text(settings.read_text().replace("drain_s = 2", "drain_s = 0.5"))
    program = (f"{copy}/app.py:app", "--config", str(settings))
    own = ("--workers", "2", "--worker-ports", f"{free_ports(2)}+")
    with serving(place, *program, *own) as running:
        yield running


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._overhear(said.text))

    def _overhear(self, said: str) -> None:
        if "Content Security Policy" in said:
            self.complaints.append(said)

    @classmethod
    async def come(cls, browser: Browser, url: str, who: str, *, phone: bool = False) -> Visitor:
        context = await browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if phone else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = cls(await context.new_page())
        await visitor.page.goto(f"{url}/#{who}")
        await visitor.is_in()
        return visitor

    async def is_in(self) -> None:
        await self.page.locator("#lamp.on").wait_for()

    async def session(self) -> str:
        return str(await self.page.locator("#session").text_content())

    async def push(self, kind: str, name: str, text: str) -> None:
        await self.page.locator("#kind").select_option(kind)
        if name:
            await self.page.locator("#name").fill(name)
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")

    async def group(self, does: str, name: str) -> None:
        await self.page.locator("#team").fill(name)
        await self.page.get_by_role("button", name=does).click()

    async def is_answered(self, answer: str) -> None:
        await expect(self.page.locator("#answer")).to_have_text(answer)

    async def obstacles(self) -> list[str]:
        """Return what is in the way of somebody who cannot see well, or has a small screen."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run().then((result) => result.violations)")
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        too_wide = ["too wide"] if await self.page.evaluate(wide) else []
        return [each["id"] for each in found] + too_wide

    async def has_heard(self, *texts: str) -> None:
        await expect(self.page.locator("#log .news p")).to_have_text(list(reversed(texts)))


async def test_pushes_come_to_whom_they_are_for_and_the_answers_are_true(
    server: Running, browser: Browser, shots: Path
) -> None:
    ada = await Visitor.come(browser, server.url, "user=ada&tags=desk,beta")
    phone = await Visitor.come(browser, server.url, "user=ada&tags=phone", phone=True)
    bob = await Visitor.come(browser, server.url, "user=bob&tags=beta")

    await ada.push("user", "ada", "to both of mine")
    await ada.is_answered("delivered · 2 sessions")
    await ada.push("client", await bob.session(), "to you alone")
    await ada.is_answered("delivered · 1 session")
    await bob.push("tag", "beta", "to the brave")
    await bob.is_answered("delivered · 2 sessions")
    await phone.group("Create", "team")
    for each in (phone, bob):
        await each.group("Join", "team")
        await expect(each.page.locator("#groups")).to_contain_text("you are in")
    await phone.push("group", "team", "to the team")
    await phone.is_answered("delivered · 2 sessions")
    await phone.push("everybody", "", "<b>to all</b>")
    await phone.is_answered("delivered · 3 sessions")

    await ada.has_heard("to both of mine", "to the brave", "<b>to all</b>")
    await phone.has_heard("to both of mine", "to the team", "<b>to all</b>")
    await bob.has_heard("to you alone", "to the brave", "to the team", "<b>to all</b>")

    await ada.page.locator("#ask").click()
    await expect(ada.page.locator("#workers li")).to_have_count(2)
    await ada.page.screenshot(path=shots / "session-push-desktop.png")
    await phone.page.screenshot(path=shots / "session-push-phone-dark.png", full_page=True)
    for each in (ada, phone):
        assert await each.obstacles() == []

    await bob.group("Leave", "team")
    await expect(bob.page.locator("#groups")).to_contain_text("1 session")
    await bob.group("Destroy", "team")
    await expect(bob.page.locator("#groups li")).to_have_count(0)
    await bob.push("group", "team", "to nobody")
    await bob.is_answered("gone")
    await bob.push("user", "eve", "are you there?")
    await bob.is_answered("offline")
    assert ada.complaints + phone.complaints + bob.complaints == []


async def test_a_kick_ends_a_session_and_its_client_comes_back_as_another_one(
    server: Running, browser: Browser
) -> None:
    ada = await Visitor.come(browser, server.url, "user=kim")
    first = await ada.session()
    await ada.page.locator("#kind").select_option("client")
    await ada.page.locator("#kick").click()
    await ada.is_answered("kicked · 1 session")
    await expect(ada.page.locator("#session")).not_to_have_text(first)
    await ada.is_in()
    await ada.push("client", first, "who are you?")
    await ada.is_answered("gone")

    # What anybody sends in fragments comes as one message.
    address = f"{server.url.replace('http', 'ws')}/session?user=robot"
    async with connect(address) as robot:
        while json.loads(await robot.recv())["type"] != "subscribed":
            pass
        await robot.send(iter(["one ", "message", " of three parts"]))
        hall = ada.page.locator("#log .hall p")
        await expect(hall).to_have_text(["one message of three parts"])
