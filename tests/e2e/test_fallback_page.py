"""The plain page, which is shown where the built one is missing, in a real browser."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.server.running import HUBBUB, Running, running, serving, wait_until

pytestmark = pytest.mark.browser

PROGRAM = """
from pathlib import Path
from hubbub.app import Hubbub
from hubbub.http.site import build

app = Hubbub()
app.site = build(app.front, Path("nothing-was-built"))
"""


async def enter(
    browser: Browser, server: Running, name: str, room: str = "lobby"
) -> tuple[Page, list[str]]:
    context = await browser.new_context(viewport={"width": 390, "height": 700})
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security" in said.text else None,
    )
    await page.goto(f"{server.url}/#{room}")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Name").press("Enter")
    await page.get_by_label("Name").blur()
    await expect(page.get_by_role("status")).to_be_hidden()
    return page, faults


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_label("Message", exact=True).press("Enter")


async def test_two_browsers_chat_and_a_cut_costs_nothing(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "plain.py").write_text(PROGRAM)
    with serving(tmp_path, "plain.py:app", "--broker", "sqlite:///kept.db") as first:
        ann, ann_faults = await enter(browser, first, "ann")
        bob, bob_faults = await enter(browser, first, "bob")
        await say(ann, "<b>hello</b> 房间")
        await expect(bob.get_by_role("log")).to_contain_text("ann<b>hello</b> 房间")
        await expect(ann.get_by_role("log")).to_contain_text("ann<b>hello</b> 房间")
        await expect(ann.get_by_role("log")).to_contain_text("bob joined")
        port = first.url.rpartition(":")[2]
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        await expect(ann.get_by_role("status")).to_be_visible()
        await say(ann, "said while away")
        command = (
            *HUBBUB,
            "serve",
            "plain.py:app",
            "--port",
            port,
            "--broker",
            "sqlite:///kept.db",
        )
        with running(command, tmp_path) as second:
            second.wait_ready()
            await expect(bob.get_by_role("log")).to_contain_text("said while away", timeout=20_000)
            lines = await bob.locator("#log li").all_inner_texts()
            assert sum("said while away" in line for line in lines) == 1
            assert sum("hello" in line for line in lines) == 1
            wait_until(lambda: second.status("/health/ready") == 200)
        assert (ann_faults, bob_faults) == ([], [])
        await ann.context.close()
        await bob.context.close()


@pytest.mark.slow
async def test_history_is_there_for_newcomers(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "plain.py").write_text(PROGRAM)
    with serving(tmp_path, "plain.py:app") as server:
        ann, _ = await enter(browser, server, "ann", "room")
        for n in range(5):
            await say(ann, f"message {n}")
        await expect(ann.get_by_role("log")).to_contain_text("message 4")
        bob, faults = await enter(browser, server, "bob", "room")
        await expect(bob.get_by_role("log")).to_contain_text("message 0")
        await expect(bob.get_by_role("log")).to_contain_text("message 4")
        await bob.screenshot(path=str(tmp_path / "fallback.png"))
        assert faults == []
        await ann.context.close()
        await bob.context.close()
