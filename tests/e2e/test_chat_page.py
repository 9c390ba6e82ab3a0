"""The chat page in real browsers, on real nodes: what a newcomer sees, and what happens when things break."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import AXE, PHONE, Arrive, Places
from tests.e2e.person import Person
from tests.servers import RedisServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


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
    await expect(mira.page.locator(".message.own .bubble")).to_have_text(["Hello Ada", "How are you?"])
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


async def test_what_was_missed_comes_after_a_node_was_killed(
    redis: RedisServer, places: Places, arrive: Arrive
) -> None:
    one, other = await places.node("--broker", redis.url), await places.node("--broker", redis.url)
    road = await places.road(one)
    ada, mira = await arrive(road.url, "Ada"), await arrive((await places.road(other)).url, "Mira")
    await ada.say("before")
    await mira.sees("before")

    await one.kill()
    await expect(ada.banner).to_contain_text("The connection is lost.")
    for text in ("missed 1", "missed 2", "missed 3"):
        await mira.say(text)
    await mira.sees("before", "missed 1", "missed 2", "missed 3")
    await ada.shoot("reconnecting")
    await ada.sees("before")

    road.target = other.port
    await ada.sees("before", "missed 1", "missed 2", "missed 3")
    await expect(ada.banner).to_contain_text("Connected again")
    await expect(ada.page.locator(".divider")).to_have_text(["While you were away"])
    await expect(ada.page.locator(".gap")).to_have_count(0)
    await ada.shoot("recovered")
    await expect(ada.banner).to_have_text("")
    await ada.say("after")
    await mira.sees("before", "missed 1", "missed 2", "missed 3", "after")
    await expect(mira.here).to_have_text(["Mira", "Ada"])


async def test_the_banner_counts_down_and_can_be_hurried(places: Places, arrive: Arrive) -> None:
    road = await places.road(await places.node())
    ada = await arrive(road.url, "Ada")
    road.close()
    await expect(ada.banner).to_contain_text(re.compile(r"Next try in [2-9]\d? seconds"))
    road.open = True
    await ada.banner.get_by_role("button", name="Try now").click()
    await expect(ada.banner).to_contain_text("Connected again")


async def test_a_message_whose_answer_got_lost_is_there_once(
    places: Places, arrive: Arrive
) -> None:
    node = await places.node()
    road = await places.road(node)
    ada, mira = await arrive(road.url, "Ada"), await arrive((await places.road(node)).url, "Mira")
    road.deaf = True
    await ada.say("did you get this?")
    await mira.sees("did you get this?")
    await ada.say("and this?")
    road.close()
    await expect(ada.message("and this?")).to_contain_text("Not sent yet")
    await ada.shoot("waiting")
    road.deaf, road.open = False, True
    for person in (ada, mira):
        await person.sees("did you get this?", "and this?")
    await ada.has_stored("did you get this?")
    await ada.has_stored("and this?")


async def test_what_was_written_while_the_server_was_away_survives_a_reload(
    places: Places, arrive: Arrive
) -> None:
    node = await places.node()
    road = await places.road(node)
    ada, mira = await arrive(road.url, "Ada"), await arrive((await places.road(node)).url, "Mira")
    road.close()
    await expect(ada.banner).to_contain_text("The connection is lost.")
    await ada.say("first")
    await ada.say("second")
    await ada.say("third")
    waiting = ada.message("second")
    await waiting.get_by_role("button", name="Delete").click()
    await expect(waiting).to_have_count(0)
    await ada.page.close()
    road.open = True
    again = await Person.come_back(ada.page.context, road.url, "Ada", ada.shots)
    for person in (again, mira):
        await person.sees("first", "third")
    await again.page.reload()
    await again.settled()
    await again.sees("first", "third")


async def test_a_refused_message_says_why_and_can_be_sent_again_or_deleted(
    places: Places, arrive: Arrive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = tmp_path_factory.mktemp("closed") / "hubbub.toml"
    settings.write_text('open = true\n[namespaces.chat]\npublish = "nobody"\n')
    node = await places.node("--broker", "memory://", "--config", str(settings))
    ada = await arrive((await places.road(node)).url, "Ada")
    await ada.say("may I?")
    message = ada.message("may I?")
    await expect(message).to_contain_text("Not sent: permission denied")
    await ada.shoot("refused")
    await message.get_by_role("button", name="Send again").click()
    await expect(message).to_contain_text("Not sent: permission denied")
    await message.get_by_role("button", name="Delete").click()
    await expect(ada.messages).to_have_count(0)


async def test_it_is_said_when_messages_may_be_missing(places: Places, arrive: Arrive) -> None:
    node = await places.node()
    ada = await arrive((await places.road(node)).url, "Ada")
    await ada.say("in the old log")
    await ada.has_stored("in the old log")
    await node.kill()
    await node.start()
    await expect(ada.page.locator(".gap")).to_have_text(["Messages may be missing here"])
    await ada.say("in the new log")
    await ada.sees("in the old log", "in the new log")
    await expect(ada.page.locator("li").filter(has_text="in the new log").last).to_be_visible()
    order = await ada.page.locator(".gap, .bubble").all_inner_texts()
    assert order == ["in the old log", "Messages may be missing here", "in the new log"]
    await ada.shoot("gap")


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
        count = await ada.messages.count()
        await scroller.evaluate("list => { list.scrollTop = 120; }")
        seen = ada.messages.nth(4)
        text, before = await seen.inner_text(), await seen.bounding_box()
        await expect(ada.messages).not_to_have_count(count)
        after = await ada.message(text).locator(".bubble").bounding_box()
        assert before is not None
        assert after is not None
        jumps.append(abs(after["y"] - before["y"]))
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
    ada = await arrive(road.url, "小雅", locale="zh-CN", color_scheme="dark")
    await expect(ada.page.locator("html")).to_have_attribute("lang", "zh-CN")
    await arrive(road.url, "Jonas")
    await expect(ada.page.locator(".notice")).to_contain_text("Jonas 进入了房间")
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

    await ada.page.locator("body").focus()
    await ada.page.evaluate("document.activeElement.blur()")
    await keys.press("Tab")
    await expect(focused).to_have_text("Skip to the message box")
    await keys.press("Tab")
    await expect(focused).to_have_attribute("aria-current", "page")
    await keys.press("Tab")
    await keys.type("tea")
    await keys.press("Enter")
    await expect(ada.page).to_have_url(re.compile("#tea$"))
    await expect(ada.box).to_be_focused()

    for _ in range(12):
        await keys.press("Shift+Tab")
        if "self" in (await focused.get_attribute("class") or ""):
            break
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
    phone = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    context = await mira.page.context.browser.new_context(**phone, locale="en-GB")  # type: ignore[union-attr]
    page = await context.new_page()
    await page.goto(f"{road.url}#lobby")
    await page.locator("input[autocomplete=nickname]").fill("Ada")
    await page.get_by_role("button", name="Come in").tap()
    await expect(page.locator(".room-status")).to_have_text("2 people here")
    await mira.say("a longer message, which needs more than one line on a phone, as messages do")
    await expect(page.locator(".bubble")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.screenshot(path=mira.shots / "phone.png")

    await page.get_by_role("button", name="Show who is here").tap()
    people = page.get_by_role("dialog", name="Here now")
    await expect(people.locator(".person-name")).to_have_text(["Ada", "Mira"])
    await page.screenshot(path=mira.shots / "phone-people.png")
    await people.get_by_role("button", name="Close").tap()
    await expect(people).to_have_count(0)
    await page.get_by_role("button", name="Show the rooms").tap()
    rooms = page.get_by_role("dialog", name="Rooms")
    await page.screenshot(path=mira.shots / "phone-rooms.png")
    await rooms.get_by_label("Add a room").fill("tea")
    await page.keyboard.press("Enter")
    await expect(rooms).to_have_count(0)
    await expect(page.locator(".room-header h1")).to_contain_text("tea")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm --prefix web ci")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_to_complain_about(
    scheme: str, places: Places, arrive: Arrive
) -> None:
    road = await places.road(await places.node())
    ada = await arrive(road.url, "Ada", color_scheme=scheme, reduced_motion="reduce")

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


@pytest.mark.timeout(180)
async def test_a_crew_of_workers_is_one_room_though_each_of_them_dies(
    redis: RedisServer, places: Places, arrive: Arrive
) -> None:
    crew = await places.node("--broker", redis.url, "--workers", "2")
    road = await places.road(crew)
    people = [await arrive(road.url, f"P{number}") for number in range(4)]
    said = []
    for round_ in range(2):
        for person in people:
            said.append(f"{person.name} in round {round_}")
            await person.say(said[-1])
            await person.has_stored(said[-1])
        for person in people:
            await person.sees(*said)
        if round_ == 0:
            await crew.kill_workers()
    await expect(people[0].here).to_have_text(["P0", "P1", "P2", "P3"])
