"""The examples as a newcomer runs them, with their Redis replaced by the test's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal, Self

from playwright.async_api import Browser, Locator, Page, ViewportSize, WebSocket

from tests.e2e.conftest import PATIENCE_MS, ROOT
from tests.servers import RedisServer

EXAMPLES = ROOT / "examples"
REDIS = "redis://localhost:6379/0"
DESKTOP: ViewportSize = {"width": 1180, "height": 760}
PHONE: ViewportSize = {"width": 390, "height": 780}


def copied(name: str, place: Path, redis: RedisServer, more: str = "", **settings: object) -> Path:
    """Copy an example, and return its settings file.

    Args:
        name: the example. redis: takes the place of the one on localhost.
        more: settings to be added at the end. settings: single ones to be changed, by name.
    """
    copy = place / name
    shutil.copytree(EXAMPLES / name, copy)
    file = copy / "hubbub.toml"
    lines = file.read_text().replace(REDIS, redis.url).splitlines()
    for setting, value in settings.items():
        changed = [line for line in lines if line.startswith(f"{setting} =")]
        assert len(changed) == 1, f"{name} has no single {setting}"
        lines[lines.index(changed[0])] = f"{setting} = {value}"
    file.write_text("\n".join([*lines, more, ""]))
    return file


class Visitor:
    """Somebody in front of an example's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocket] = []
        self.sent: list[str | bytes] = []
        self.complaints: list[str] = []
        page.on("websocket", self._see)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._overhear(said.text))

    @classmethod
    async def arrive(
        cls,
        browser: Browser,
        url: str,
        viewport: ViewportSize = DESKTOP,
        color_scheme: Literal["light", "dark"] = "light",
    ) -> Self:
        """Open a page in a browser of one's own, and wait until it is connected."""
        context = await browser.new_context(
            viewport=viewport, color_scheme=color_scheme, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = cls(await context.new_page())
        await visitor.page.clock.install()
        await visitor.page.goto(url)
        await visitor.connected()
        return visitor

    def _see(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framesent", self._hear)

    def _hear(self, frame: str | bytes) -> None:
        self.sent.append(frame)

    def _overhear(self, said: str) -> None:
        if "Content Security Policy" in said:
            self.complaints.append(said)

    async def connected(self) -> None:
        """Wait until something can be said."""
        await self.page.locator("form button:enabled").wait_for()

    @property
    def messages(self) -> Locator:
        """Return the shown messages, without what is said about them."""
        return self.page.locator("#log li :is(span, p)")

    async def say(self, text: str) -> None:
        """Write something and press Enter."""
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")
