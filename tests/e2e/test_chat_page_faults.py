"""The chat page when things break: nodes die, answers get lost, the server is away, the log begins anew."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Arrive, Places
from tests.e2e.person import Person
from tests.servers import RedisServer

pytestmark = [pytest.mark.browser, pytest.mark.faults]


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
    await ada.was_told("Connected again")
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
    await ada.was_told("Connected again")


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
    stored = [data["text"] for data in await node.log("chat:lobby")]
    assert stored == ["did you get this?", "and this?"], (
        "the server doubled what the page shows once"
    )


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
    await expect(message).to_contain_text("Not sent: you are not allowed to")
    await ada.shoot("refused")
    await message.get_by_role("button", name="Send again").click()
    await expect(message).to_contain_text("Not sent: you are not allowed to")
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


@pytest.mark.slow
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
