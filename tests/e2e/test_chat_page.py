"""The chat page in real browsers, on real nodes: what a newcomer sees, and what happens when things break."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import AXE, Arrive, Look, Places
from tests.e2e.person import Person
from tests.servers import RedisServer

JUMP_ON_LOADING = """async list => {
  const lines = list.querySelectorAll(".message");
  const before = lines.length;
  list.scrollTop = 120;
  const edge = list.getBoundingClientRect().top;
  const bubbles = [...list.querySelectorAll(".bubble")];  // a sender's name above one may go
  const seen = bubbles.find(line => line.getBoundingClientRect().top > edge);
  const from = seen.getBoundingClientRect().top;
  const frame = () => new Promise(requestAnimationFrame);
  while (list.querySelectorAll(".message").length === before) await frame();
  await frame();
  await frame();
  return Math.abs(seen.getBoundingClientRect().top - from);
}"""
"""Scroll near the top, wait until older messages are there, and return how far the line in view moved."""

pytestmark = [pytest.mark.browser]


async def test_two_people_on_two_nodes_talk_and_see_each_other(
    redis: RedisServer, places: Places, arrive: Arrive
) -> None:
    one, other = await places.node("--broker", redis.url), await places.node("--broker", redis.url)
    ada = await arrive((await places.road(one)).url, "Ada")
    await expect(ada.page.locator(".empty")).to_be_visible()
    await ada.shoot("empty")
    mira = await arrive((await places.road(other)).url, "Mira")
    await expect(ada.page.locator(".notice")).to_contain_text("Mira came in")
    await expect(ada.here).to_have_text(["Ada", "Mira"])
    await expect(mira.here).to_have_text(["Mira", "Ada"])

    await ada.say("Hello Mira")
    await mira.sees("Hello Mira")
    await mira.say("Hello Ada")
    await mira.say("How are you?")
    for person in (ada, mira):
        await person.sees("Hello Mira", "Hello Ada", "How are you?")
    await expect(ada.page.locator(".message.own .bubble")).to_have_text(["Hello Mira"])
    await expect(mira.page.locator(".message.own .bubble")).to_have_text(
        ["Hello Ada", "How are you?"]
    )
    await expect(ada.page.locator(".message.theirs.first .sender")).to_have_text(["Mira"])
    await expect(ada.page.locator(".day")).to_have_text(["Today"])
    await expect(ada.page.locator("[role=log]")).to_contain_text("Mira: How are you?")
    await ada.shoot("two-people")

    await mira.page.close()
    await expect(ada.page.locator(".notice").last).to_contain_text("Mira left")
    await expect(ada.here).to_have_text(["Ada"])


async def test_a_user_with_two_tabs_is_here_once(places: Places, arrive: Arrive) -> None:
    road = await places.road(await places.node())
    ada, mira = await arrive(road.url, "Ada"), await arrive(road.url, "Mira")
    second = await Person.come_back(mira.page.context, road.url, "Mira", mira.shots)
    await expect(second.here).to_have_text(["Mira", "Ada"])
    await second.page.close()
    await mira.say("still here")
    await ada.sees("still here")
    await expect(ada.here).to_have_text(["Ada", "Mira"])
    await expect(ada.page.locator(".notice")).to_have_text([re.compile("^Mira came in")])


async def test_older_messages_come_on_scrolling_up_and_nothing_jumps(
    places: Places, arrive: Arrive
) -> None:
    node = await places.node()
    texts = [f"line {number}" for number in range(1, 181)]
    await node.publish("chat:lobby", *({"id": text, "text": text} for text in texts))
    ada = await arrive((await places.road(node)).url, "Ada")
    await expect(ada.messages.last).to_have_text("line 180")
    await expect(ada.messages.last).to_be_in_viewport()
    assert await ada.messages.count() < 120

    scroller = ada.page.locator(".scroller")
    await scroller.hover()
    beginning = ada.page.get_by_text("This is the beginning of # lobby")
    jumps = []
    while not await beginning.is_visible():
        jumps.append(await scroller.evaluate(JUMP_ON_LOADING))
    assert len(jumps) >= 2
    assert max(jumps) < 2, jumps
    await ada.sees(*texts)

    await node.publish("chat:lobby", {"id": "new", "text": "a new one"})
    await expect(ada.page.get_by_role("button", name="1 new message")).to_be_visible()
    await ada.shoot("scrolled-up")
    await ada.page.get_by_role("button", name="1 new message").click()
    await expect(ada.message("a new one")).to_be_in_viewport()


async def test_rooms_are_opened_by_link_and_count_what_is_unread(
    places: Places, arrive: Arrive
) -> None:
    road = await places.road(await places.node())
    ada, mira = await arrive(road.url, "Ada", room="tea"), await arrive(road.url, "Mira")
    await ada.page.get_by_label("Add a room").fill("# Lobby ")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page).to_have_url(re.compile("#lobby$"))
    await expect(ada.here).to_have_text(["Ada", "Mira"])
    await ada.page.get_by_role("link", name="tea").click()
    await expect(ada.here).to_have_text(["Ada"])
    await mira.say("where are you?")
    await mira.say("hello?")
    await expect(ada.page.locator(".room-item", has_text="lobby").locator(".badge")).to_have_text(
        re.compile("^2")
    )
    await expect(ada.page).to_have_title("(2) # tea · Hubbub")
    await ada.page.go_back()
    await ada.sees("where are you?", "hello?")
    await expect(ada.page.locator(".divider")).to_have_text(["New"])
    await expect(ada.page).to_have_title("# lobby · Hubbub")
    await ada.page.reload()
    await ada.settled()
    await expect(ada.page.locator(".room-name").filter(has_text="tea")).to_be_visible()
    await expect(ada.page.locator(".badge")).to_have_count(0)
    await ada.page.get_by_role("button", name="Remove # lobby from the list").click()
    await expect(ada.page).to_have_url(re.compile("#tea$"))
    await expect(mira.here).to_have_text(["Mira"])
    await ada.page.reload()
    await ada.settled()
    await expect(ada.page.locator(".room-link")).to_have_count(1)


async def test_messages_are_text_and_links_are_safe(places: Places, arrive: Arrive) -> None:
    node = await places.node()
    ada = await arrive((await places.road(node)).url, "Ada")
    attack = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    address = "see https://example.org/a?b=c&d. javascript:alert(1)"
    await ada.say(attack)
    await ada.say(address)
    await node.publish("chat:lobby", {"temperature": 21})
    await ada.sees(attack, address, '{"temperature":21}')
    links = ada.page.locator(".bubble a")
    await expect(links).to_have_count(1)
    await expect(links).to_have_attribute("href", "https://example.org/a?b=c&d")
    await expect(links).to_have_attribute("rel", re.compile("noopener"))
    assert await ada.page.locator(".bubble img, .bubble script").count() == 0


async def test_chinese(places: Places, arrive: Arrive) -> None:
    road = await places.road(await places.node())
    ada = await arrive(road.url, "小雅", look=Look(locale="zh-CN", dark=True))
    await expect(ada.page.locator("html")).to_have_attribute("lang", "zh-CN")
    # It has a non-joiner in it, and reads from the right: what is cut off of it is its end.
    reza = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    await arrive(road.url, reza)
    await expect(ada.page.locator(".notice")).to_contain_text(f"{reza} 进入了房间")
    await expect(ada.here.last).to_have_css("direction", "rtl")
    await expect(ada.page.locator(".room-status")).to_have_text("2 人在线")
    await ada.box.fill("你好，")
    # The Enter that ends a composition chooses a word; it does not send.
    await ada.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await ada.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await expect(ada.messages).to_have_count(0)
    await ada.say("你好，大家！")
    await ada.has_stored("你好，大家！")
    await ada.shoot("chinese-dark")
    road.close()
    await expect(ada.banner).to_contain_text("连接已断开。")


async def test_everything_works_with_the_keyboard_alone(places: Places, arrive: Arrive) -> None:
    road = await places.road(await places.node())
    ada = await arrive(road.url, "Ada")
    keys = ada.page.keyboard
    focused = ada.page.locator(":focus")
    await expect(ada.box).to_be_focused()
    await keys.type("two")
    await keys.press("Shift+Enter")
    await keys.type("lines")
    await keys.press("Enter")
    await expect(ada.messages).to_have_text(["two\nlines"], use_inner_text=True)

    async def go_back_to(target: Locator) -> None:
        """Press Shift+Tab until the target has the focus; everything on the way has a visible outline."""
        for _ in range(12):
            await keys.press("Shift+Tab")
            outline = await focused.evaluate("it => getComputedStyle(it).outlineStyle")
            inner = await focused.evaluate("it => it.matches('input, textarea')")
            assert inner or outline != "none", await focused.evaluate("it => it.outerHTML")
            if await target.evaluate("it => it === document.activeElement"):
                return
        raise AssertionError("it cannot be reached")

    skip = ada.page.get_by_role("link", name="Skip to the message box")
    await go_back_to(skip)
    await expect(skip).to_be_in_viewport()
    await keys.press("Enter")
    await expect(ada.box).to_be_focused()
    await go_back_to(ada.page.get_by_label("Add a room"))
    await keys.type("tea")
    await keys.press("Enter")
    await expect(ada.page).to_have_url(re.compile("#tea$"))
    await expect(ada.box).to_be_focused()
    await go_back_to(ada.page.get_by_role("link", name="lobby"))
    await keys.press("Enter")
    await expect(ada.page).to_have_url(re.compile("#lobby$"))
    await expect(ada.box).to_be_focused()

    await go_back_to(ada.page.locator(".self"))
    await keys.press("Enter")
    dialog = ada.page.get_by_role("dialog", name="Change your name")
    await expect(dialog).to_be_visible()
    await keys.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(focused).to_have_class(re.compile("self"))
    await keys.press("Enter")
    await dialog.locator("input").fill("Ada L.")
    await keys.press("Enter")
    await expect(ada.here).to_have_text(["Ada L."])
    await ada.say("by another name")
    await ada.has_stored("by another name")


async def test_a_phone_has_drawers(places: Places, arrive: Arrive) -> None:
    road = await places.road(await places.node())
    mira = await arrive(road.url, "Mira")
    ada = await arrive(road.url, "Ada", look=Look(phone=True))
    page = ada.page
    await expect(page.locator(".room-status")).to_have_text("2 people here")
    await mira.say("a longer message, which needs more than one line on a phone, as messages do")
    await expect(ada.messages).to_have_count(1)
    await expect(ada.box).not_to_be_focused()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await ada.shoot("phone")

    await page.get_by_role("button", name="Show who is here").tap()
    people = page.get_by_role("dialog", name="Here now")
    await expect(people.locator(".person-name")).to_have_text(["Ada", "Mira"])
    await people.get_by_role("button", name="Close").tap()
    await expect(people).to_have_count(0)

    await page.get_by_role("button", name="Show the rooms").tap()
    rooms = page.get_by_role("dialog", name="Rooms")
    await rooms.evaluate("it => Promise.all(it.getAnimations().map(each => each.finished))")
    await ada.shoot("phone-rooms")
    await rooms.get_by_label("Add a room").fill("tea")
    await page.keyboard.press("Enter")
    await expect(rooms).to_have_count(0)
    await expect(page.locator(".room-header h1")).to_contain_text("tea")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_to_complain_about(
    dark: bool, places: Places, arrive: Arrive
) -> None:
    road = await places.road(await places.node())
    ada = await arrive(road.url, "Ada", look=Look(dark=dark, calm=True))

    async def audit(state: str) -> None:
        await ada.page.evaluate(AXE.read_text())
        found = await ada.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults = [
            (fault["id"], [node["html"][:160] for node in fault["nodes"]])
            for fault in found["violations"]
        ]
        assert faults == [], state

    await audit("empty")
    await (await arrive(road.url, "Mira")).say("hello, see https://example.org")
    await ada.say("hello")
    await expect(ada.messages).to_have_count(2)
    await audit("talking")
    road.close()
    await expect(ada.banner).to_contain_text("The connection is lost.")
    await ada.say("waiting")
    await audit("reconnecting")
    await ada.page.get_by_role("button", name="Ada").click()
    await audit("dialog")
