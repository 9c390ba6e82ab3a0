"""The admin page in a real browser: who gets in, what is seen, and what can be done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.conftest import AXE, Look
from tests.server.running import Running, serving

pytestmark = [pytest.mark.browser]

PASSWORD = "correct horse battery"
SETTINGS = f"""
open = true
admin.password = "{PASSWORD}"

[[api_keys]]
name = "reader"
key = "a-key-for-reading"
scopes = ["read"]

[namespaces.notes]
history_size = 0
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run one server for all that is looked at."""
    folder = tmp_path_factory.mktemp("admin")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with serving(folder, "--broker", "memory://") as running:
        yield running


class Desk:
    """Drive the page in one tab."""

    def __init__(self, page: Page, shots: Path) -> None:
        self.page = page
        self.shots = shots
        self.faults: list[str] = []
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on(
            "console",
            lambda said: self.faults.append(said.text) if "Content Security" in said.text else None,
        )

    async def log_in(self, secret: str) -> None:
        await self.page.locator("#secret").fill(secret)
        await self.page.keyboard.press("Enter")

    async def go(self, section: int) -> None:
        await self.page.locator("nav a").nth(section).click()

    async def audit(self, name: str) -> None:
        """Take a picture, and have axe complain; nothing may hang over the side."""
        await self.page.screenshot(path=self.shots / f"admin-{name}.png")
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults = [
            (fault["id"], [node["html"][:160] for node in fault["nodes"]])
            for fault in found["violations"]
        ]
        assert faults == [], name
        root = "document.documentElement"
        assert await self.page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), name


@asynccontextmanager
async def desk(
    browser: Browser, server: Running, shots: Path, look: Look | None = None
) -> AsyncIterator[Desk]:
    look = look or Look(calm=True)
    context = await browser.new_context(
        viewport=look.viewport,
        locale=look.locale,
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",
        is_mobile=look.phone,
        has_touch=look.phone,
    )
    made = Desk(await context.new_page(), shots)
    await made.page.goto(f"{server.url}/admin")
    yield made
    assert made.faults == []
    await context.close()


@asynccontextmanager
async def here(server: Running, user: str, channel: str) -> AsyncIterator[ClientConnection]:
    address = server.url.replace("http", "ws", 1)
    async with connect(f"{address}/ws/{channel}?user={user}") as client:
        await client.send(f"hello from {user}")
        assert await client.recv() == f"hello from {user}"
        yield client


async def leave(admin: Desk, server: Running) -> None:
    page = admin.page
    await page.reload()
    await expect(page.locator(".frame")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.locator("#secret")).to_be_visible()
    asked = await page.request.post(f"{server.url}/admin/api/info", data={})
    assert asked.status == 401


async def test_who_knows_the_password_sees_and_ends_what_is_there(
    browser: Browser, server: Running, shots: Path
) -> None:
    async with (
        desk(browser, server, shots) as admin,
        here(server, "ada", "lobby") as ada,
        here(server, "mira", "lobby"),
    ):
        page = admin.page
        await admin.audit("login")
        await admin.log_in("guess")
        await expect(page.get_by_role("alert")).to_contain_text("not the password")
        await admin.log_in(PASSWORD)
        await expect(page.locator(".tile").first).to_contain_text("2")
        await expect(page.locator(".chart svg")).to_have_count(4)
        await expect(page.locator(".table-card tbody tr")).to_have_count(1)
        await expect(page.locator(".chart path.chart-line[d^=M]").first).to_be_attached()
        await admin.audit("overview")

        await admin.go(1)
        await page.get_by_role("searchbox").fill("obb")
        await page.get_by_role("link", name="lobby").click()
        await expect(page.locator(".entry")).to_have_count(2)
        await expect(page.locator(".people-list a")).to_have_count(2)
        await admin.audit("channel")

        await page.get_by_role("link", name="Publish here").click()
        await page.get_by_label("Message").fill("hello from above")
        await page.get_by_label("Tags").fill("kind=notice")
        await page.get_by_role("button", name="Publish").click()
        await expect(page.get_by_role("status")).to_contain_text("Published to lobby as 3")
        assert [await ada.recv() for _ in range(2)] == ["hello from mira", "hello from above"]
        await admin.audit("publish")

        await admin.go(2)
        await page.get_by_role("link", name="ada").click()
        await expect(page.locator(".session")).to_contain_text("text-plain")
        await admin.audit("user")
        await page.locator(".session a").click()
        await expect(page.locator(".facts .chips")).to_have_text("lobby")
        await admin.audit("session")
        await page.get_by_role("button", name="Kick").click()
        await admin.audit("kick")
        await page.get_by_role("dialog").get_by_role("button", name="Kick").click()
        await expect(page.get_by_text("not connected any more")).to_be_visible()
        with pytest.raises(ConnectionClosed, match="3503"):
            await ada.recv()
        await leave(admin, server)


async def test_what_passes_is_seen_as_it_happens(
    browser: Browser, server: Running, shots: Path
) -> None:
    async with desk(browser, server, shots) as admin, here(server, "olu", "lobby") as olu:
        page = admin.page
        await admin.log_in(PASSWORD)
        await admin.go(4)
        await page.get_by_label("Name").fill("olu")
        await page.keyboard.press("Enter")
        await expect(page.locator(".event.note")).to_contain_text("text-plain websocket")
        await olu.send("is anybody listening?")
        await expect(page.locator(".event.in")).to_contain_text("is anybody listening?")
        await expect(page.locator(".event.out")).to_contain_text("is anybody listening?")
        await admin.audit("trace")

        await page.locator(".event.in a").click()
        await page.get_by_role("button", name="Push").click()
        await page.get_by_label("Event").fill("greeting")
        await page.get_by_label("Message").fill("yes")
        await admin.audit("push")
        await page.get_by_role("dialog").get_by_role("button", name="Push").click()
        await expect(page.get_by_role("status").first).to_contain_text("Delivered")
        await olu.recv()
        assert await olu.recv() == "yes"


async def test_a_key_for_reading_shows_and_changes_nothing(
    browser: Browser, server: Running, shots: Path
) -> None:
    look = Look(locale="zh-CN", phone=True, dark=True)
    async with desk(browser, server, shots, look) as admin, here(server, "小雅", "notes:日常"):
        page = admin.page
        await admin.log_in("a-key-for-reading")
        await expect(page.locator("nav a")).to_have_text(["概览", "频道", "用户"])
        await expect(page.locator(".table-card tbody tr")).to_have_count(1)
        await admin.audit("phone-overview")
        await admin.go(1)
        await page.get_by_role("link", name="notes:日常").click()
        await expect(page.locator(".detail")).to_contain_text("此频道不保留历史")
        await expect(page.locator(".people-list a")).to_have_text(["小雅"])
        await admin.audit("phone-channel")
        await admin.go(2)
        await page.get_by_role("link", name="小雅").click()
        await expect(page.locator(".session")).to_have_count(1)
        await expect(page.get_by_role("button", name="断开")).to_have_count(0)
        await admin.audit("phone-user")


async def test_a_page_that_nobody_was_let_into_shows_nothing(server: Running) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/admin/")
        assert page.is_success
        assert page.headers["x-frame-options"] == "DENY"
        assert (await client.post("/admin/api/info", json={})).status_code == 401
        assert (await client.get("/admin/session")).json()["state"] == "out"
