"""What people expect of a chat, in real browsers: two users, three devices."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import AXE, Arrive, Look, Places
from tests.e2e.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RECORD_NOTIFICATIONS = """
window.shown = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { window.shown.push([title, options.body]); }
  close() {}
};
"""


def badge(person: Person, name: str) -> Locator:
    return person.page.locator(".room-item", has_text=name).locator(".badge [aria-hidden]")


async def act(person: Person, text: str, name: str) -> None:
    """Do something to a message by its buttons."""
    message = person.message(text)
    await message.hover()
    await message.get_by_role("button", name=name, exact=True).click()


async def audit(person: Person) -> None:
    await person.page.evaluate(AXE.read_text())
    found = await person.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [
        (fault["id"], [node["html"][:160] for node in fault["nodes"]])
        for fault in found["violations"]
    ]
    assert faults == []


@dataclass(frozen=True, slots=True)
class Trio:
    """Two users on three devices; `url` is where, `room` the fragment of their own room."""

    url: str
    room: str
    ada: Person
    mira: Person
    phone: Person


async def wait_for_who_is_away(trio: Trio) -> None:
    """A direct message while one is away: it is there, and counted, when they come."""
    ada, mira, phone = trio.ada, trio.mira, trio.phone
    await mira.page.goto("about:blank")
    await phone.page.goto("about:blank")
    await expect(ada.page.locator(".room-status")).to_contain_text(re.compile("away|last seen"))
    await ada.say("are you there?")
    await ada.has_stored("are you there?")
    await ada.say("it can wait")
    await ada.has_stored("it can wait")
    for device in (mira, phone):
        await device.page.goto(f"{trio.url}#lobby")
        await device.settled()
    await expect(badge(mira, "Ada")).to_have_text("2")
    await mira.shoot("chat-badge-zh")


async def read_on_one_device(trio: Trio) -> None:
    """Read on one device, it is read on the other, and the sender sees it."""
    ada, mira, phone = trio.ada, trio.mira, trio.phone
    await mira.page.locator(".room-item", has_text="Ada").click()
    await mira.sees("are you there?", "it can wait")
    await expect(ada.message("it can wait").locator(".reached.read")).to_be_attached()
    await phone.page.locator(".room-header button").first.click()
    await expect(phone.page.locator(".room-item", has_text="Ada")).to_be_visible()
    await expect(badge(phone, "Ada")).to_have_count(0)
    await phone.page.keyboard.press("Escape")
    assert mira.page.url.endswith(trio.room)


async def write_edit_react_and_delete(trio: Trio) -> None:
    """Typing, edits, reactions, deletions."""
    ada, mira = trio.ada, trio.mira
    await mira.box.press_sequentially("我")
    await expect(ada.page.locator(".typing")).to_contain_text("小雅 is writing")
    await ada.shoot("chat-typing")
    await mira.say("我在这里")
    await ada.sees("are you there?", "it can wait", "我在这里")
    await expect(ada.page.locator(".typing")).to_be_empty()
    await act(mira, "我在这里", "编辑")
    await mira.say("我在这里了")
    await expect(ada.page.locator(".bubble").last).to_contain_text("我在这里了 edited")
    await act(ada, "it can wait", "React")
    await ada.page.get_by_role("button", name="React with 👍").click()
    await expect(mira.page.locator(".reaction")).to_have_text("👍 1")
    await mira.page.locator(".reaction").click()
    await expect(ada.page.locator(".reaction")).to_have_text("👍 2")
    await act(ada, "are you there?", "Delete")
    await audit(ada)
    await ada.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(mira.page.locator(".bubble").first).to_have_text("这条消息已删除")
    for person, name in ((ada, "chat-direct"), (mira, "chat-direct-zh")):
        await person.page.mouse.move(640, 400)
        await audit(person)
        await person.shoot(name)


async def come_later(trio: Trio) -> None:
    """It is all the same for who comes later, and on the other device."""
    phone = trio.phone
    await phone.page.goto(f"{trio.url}#{trio.room}")
    await phone.page.reload()
    await phone.settled()
    await expect(phone.page.locator(".bubble")).to_have_text(
        ["这条消息已删除", "it can wait", "我在这里了 已编辑"]
    )
    await expect(phone.page.locator(".reaction")).to_have_text("👍 2")
    await audit(phone)
    await phone.shoot("chat-direct-phone-zh")


async def be_notified(trio: Trio) -> None:
    """A notification, once it was asked for."""
    ada, mira = trio.ada, trio.mira
    await ada.page.get_by_role("button", name="Notify me").click()
    await ada.page.locator(".room-item", has_text="lobby").click()
    await mira.say("一会儿见")
    await expect(badge(ada, "小雅")).to_have_text("1")
    assert await ada.page.evaluate("window.shown") == [["小雅", "一会儿见"]]
    await ada.shoot("chat-badge")


async def test_two_users_on_three_devices(places: Places, arrive: Arrive) -> None:
    node = await places.node()
    url = (await places.road(node)).url
    ada = await arrive(url, "Ada", look=Look(calm=True))
    await ada.page.context.add_init_script(RECORD_NOTIFICATIONS)
    await ada.page.reload()
    await ada.settled()
    mira = await arrive(url, "小雅", look=Look(locale="zh-CN", dark=True, calm=True))
    phone = await arrive(url, "小雅", look=Look(locale="zh-CN", phone=True, calm=True))
    await ada.page.get_by_role("link", name="小雅").click()
    await ada.settled()
    room = ada.page.url.partition("#")[2]
    trio = Trio(url, room, ada, mira, phone)
    await wait_for_who_is_away(trio)
    await read_on_one_device(trio)
    await write_edit_react_and_delete(trio)
    await come_later(trio)
    await be_notified(trio)


async def test_nobody_else_gets_into_a_room_of_two(places: Places, arrive: Arrive) -> None:
    url = (await places.road(await places.node())).url
    teo = await arrive(url, "Teo")
    await teo.page.goto(f"{url}#dm%23Ada%2CMira")
    await expect(teo.page.get_by_role("alert")).to_contain_text("cannot be entered")
