"""Somebody in front of the chat page: what they do, and what they see."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from playwright.async_api import BrowserContext, Locator, Page, expect

ROOM = "lobby"
REMEMBER = """
window.bannerSaid = [];
new MutationObserver(() => {
  const text = document.querySelector(".banner-place")?.textContent;
  if (text) window.bannerSaid.push(text);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""What the banner said, for it says some things for a moment only."""
PATIENCE_S = 40.0


class Person:
    """Drive one tab.

    Args:
        page: the tab. name: what the person is called. shots: where pictures go.
    """

    def __init__(self, page: Page, name: str, shots: Path) -> None:
        self.page = page
        self.name = name
        self.shots = shots
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def arrive(
        cls, context: BrowserContext, url: str, name: str, shots: Path, room: str = ROOM
    ) -> Person:
        """Open the page for the first time, give a name, and wait until the room is joined."""
        person = cls(await context.new_page(), name, shots)
        await person.page.add_init_script(REMEMBER)
        await person.page.goto(f"{url}#{room}")
        await person.page.locator("input[autocomplete=nickname]").fill(name)
        await person.page.keyboard.press("Enter")
        await person.settled()
        return person

    @classmethod
    async def come_back(cls, context: BrowserContext, url: str, name: str, shots: Path) -> Person:
        """Open the page in a new tab of a browser that knows the person."""
        person = cls(await context.new_page(), name, shots)
        await person.page.goto(url)
        await person.settled()
        return person

    async def settled(self) -> None:
        """Wait until the page knows who is here and what was said."""
        await expect(self.page.locator(".room-status")).to_have_attribute("aria-busy", "false")
        await expect(self.page.locator(".scroller")).to_have_attribute("aria-busy", "false")

    @property
    def box(self) -> Locator:
        """Return where one writes."""
        return self.page.locator(".composer textarea")

    @property
    def here(self) -> Locator:
        """Return the users that are shown as present."""
        return self.page.locator(".people .person-name")

    @property
    def messages(self) -> Locator:
        """Return the bubbles."""
        return self.page.locator(".message .bubble")

    @property
    def banner(self) -> Locator:
        """Return what is said about the connection."""
        return self.page.locator(".banner-place")

    async def was_told(self, text: str) -> None:
        """Wait until the banner has said something, even if it was gone when the test came to look."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(text in each for each in await self.page.evaluate("bannerSaid")):
                await asyncio.sleep(0.05)

    def message(self, text: str) -> Locator:
        """Return the lines with exactly this text."""
        exactly = re.compile(f"^{re.escape(text)}$")
        return self.page.locator(".message").filter(
            has=self.page.locator(".bubble", has_text=exactly)
        )

    async def say(self, text: str) -> None:
        """Write something and press Enter."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Wait until these are all the messages, in this order."""
        await expect(self.messages).to_have_text(list(texts))

    async def has_stored(self, text: str) -> None:
        """Wait until a message is there once, and stored."""
        await expect(self.message(text)).to_have_count(1)
        await expect(self.message(text)).to_have_attribute(
            "data-delivery", re.compile("stored|acked")
        )

    async def shoot(self, name: str) -> None:
        """Take a picture."""
        await self.page.screenshot(path=self.shots / f"{name}.png")
