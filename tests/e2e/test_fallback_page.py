"""The plain page, which is shown where the built one is missing, in a real browser."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server.running import HUBBUB, Running, running, serving, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default::ResourceWarning")]

PROGRAM = """
from pathlib import Path
from hubbub.app import Hubbub
from hubbub.http.node import Node
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build

app = Hubbub()
node = Node(app.node, app.hub, app.registry, app.doors, HttpSettings())
app.asgi = build(node, Path("nothing-was-built"))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def enter(
    browser: Browser, server: Running, name: str, room: str = "lobby"
) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": 390, "height": 700}).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security" in said.text else None,
    )
    page.goto(f"{server.url}/#{room}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Name").press("Enter")
    page.get_by_label("Name").blur()
    expect(page.get_by_role("status")).to_be_hidden()
    return page, faults


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")


def test_two_browsers_chat_and_a_cut_costs_nothing(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "plain.py").write_text(PROGRAM)
    with serving(tmp_path, "plain.py:app", "--broker", "sqlite:///kept.db") as first:
        ann, ann_faults = enter(browser, first, "ann")
        bob, bob_faults = enter(browser, first, "bob")
        say(ann, "<b>hello</b> 房间")
        expect(bob.get_by_role("log")).to_contain_text("ann<b>hello</b> 房间")
        expect(ann.get_by_role("log")).to_contain_text("ann<b>hello</b> 房间")
        expect(ann.get_by_role("log")).to_contain_text("bob joined")
        port = first.url.rpartition(":")[2]
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        expect(ann.get_by_role("status")).to_be_visible()
        say(ann, "said while away")
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
            expect(bob.get_by_role("log")).to_contain_text("said while away", timeout=20_000)
            lines = bob.locator("#log li").all_inner_texts()
            assert sum("said while away" in line for line in lines) == 1
            assert sum("hello" in line for line in lines) == 1
            wait_until(lambda: second.status("/health/ready") == 200)
        assert (ann_faults, bob_faults) == ([], [])
        ann.context.close()
        bob.context.close()


def test_history_is_there_for_newcomers(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "plain.py").write_text(PROGRAM)
    with serving(tmp_path, "plain.py:app") as server:
        ann, _ = enter(browser, server, "ann", "room")
        for n in range(5):
            say(ann, f"message {n}")
        expect(ann.get_by_role("log")).to_contain_text("message 4")
        bob, faults = enter(browser, server, "bob", "room")
        expect(bob.get_by_role("log")).to_contain_text("message 0")
        expect(bob.get_by_role("log")).to_contain_text("message 4")
        bob.screenshot(path=str(tmp_path / "fallback.png"))
        assert faults == []
        ann.context.close()
        bob.context.close()
