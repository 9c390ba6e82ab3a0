"""The example offline_inbox: SockJS and STOMP pages on two nodes, and their owners who come and go."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import node_with_clients
from tests.e2e.conftest import PATIENCE_MS, Places
from tests.e2e.examples import DESKTOP, EXAMPLES, PHONE
from tests.servers import RedisServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HERE = EXAMPLES / "offline_inbox"
NPM = {
    "sockjs.min.js": "sockjs-client/dist/sockjs.min.js",
    "stomp.umd.min.js": "@stomp/stompjs/bundles/stomp.umd.min.js",
}


class Owner:
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
    async def come(
        cls, browser: Browser, url: str, name: str, transport: str, *, phone: bool = False
    ) -> Owner:
        context = await browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if phone else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        owner = cls(await context.new_page(), name)
        await owner.page.goto(f"{url}/?transport={transport}")
        await owner.page.locator("#name").fill(name)
        await owner.page.keyboard.press("Enter")
        await owner.connected(transport)
        return owner

    async def connected(self, transport: str) -> None:
        await expect(self.page.locator("#state")).to_have_text(f"connected by {transport}")

    async def write(self, receiver: str, text: str) -> None:
        await self.page.locator("#receiver").fill(receiver)
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")
        await expect(self.line(text)).to_have_class("own")

    def line(self, text: str) -> Locator:
        return self.page.locator("#log li", has=self.page.get_by_text(text, exact=True))

    async def sees(self, text: str, how: str) -> None:
        await expect(self.line(text)).to_have_count(1)
        await expect(self.line(text)).to_have_class(how)

    async def pull(self, url: str) -> list[str]:
        """Pull over HTTP from a node, and return the texts."""
        address = f"{url}/wsTemplate/pullUnreadMessage"
        answer = await self.page.request.post(address, form={"destination": "/topic/reply"})
        said = await answer.json()
        assert said["code"] == "200"
        return [each["msg"] for each in said["result"]]

    async def go(self) -> str:
        """Leave the page; return where it was."""
        address = self.page.url
        await self.page.goto("about:blank")
        return address


async def test_messages_arrive_here_there_and_later(
    redis: RedisServer, places: Places, browser: Browser, shots: Path
) -> None:
    program = (f"{HERE}/app.py:app", "--config", f"{HERE}/hubbub.toml", "--broker", redis.url)
    here, there = [await places.node(*program) for _ in range(2)]
    urls = [f"http://127.0.0.1:{node.port}" for node in (here, there)]
    zhang = await Owner.come(browser, urls[0], "zhang", "websocket")
    li = await Owner.come(browser, urls[0], "li", "xhr-streaming")
    wang = await Owner.come(browser, urls[1], "wang", "jsonp-polling", phone=True)

    await zhang.write("li", "on the same node")
    await li.sees("on the same node", "live")
    await zhang.write("wang", "on the other node")
    await wang.sees("on the other node", "live")
    await wang.write("zhang", "and back")
    await zhang.sees("and back", "live")

    address = await li.go()
    await zhang.write("li", "one for later")
    await wang.write("li", "another for later")
    await li.page.goto(address)
    await li.connected("xhr-streaming")
    await li.sees("one for later", "unread")
    await li.sees("another for later", "unread")
    await expect(li.line("on the same node")).to_have_count(0)

    await li.go()
    await zhang.write("li", "pulled")
    assert [await li.pull(urls[1]) for _ in range(2)] == [["pulled"], []]
    await li.page.goto(address)
    await li.connected("xhr-streaming")
    await zhang.write("li", "the last")
    await li.sees("the last", "live")
    await expect(li.page.locator("#log li")).to_have_count(1)

    for owner in (zhang, li, wang):
        await owner.page.screenshot(path=shots / f"offline-inbox-{owner.name}.png")
        assert owner.complaints == []


@pytest.mark.parametrize("cookie", ['session="61.\\351"', "a/b=1; session=x", "session=x", ""])
def test_a_cookie_that_is_no_login_is_nobodys(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    user_of = runpy.run_path("app.py")["user_of"]
    assert user_of({"cookie": cookie}) == ""


def test_the_clients_are_those_of_npm() -> None:
    node_with_clients()
    for name, published in NPM.items():
        ours = (HERE / "page" / name).read_bytes()
        assert ours == (CLIENTS / "node_modules" / published).read_bytes(), name
