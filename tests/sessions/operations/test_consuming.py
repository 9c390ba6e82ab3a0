"""Sessions that take messages from queues, by STOMP."""

from __future__ import annotations

import pytest

from hubbub.errors import SHUTDOWN
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.sessions.hooks import ConnectGrant
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.reaching.orders import Orders, Unsubscribe, Whom
from tests.hub.stage import turn
from tests.sessions.fake_tokens import FakeTokens, claims
from tests.sessions.stage import floor
from tests.sessions.stomp_page import Page, bodies

WORK = "/queue/work"


async def test_each_message_goes_to_one_of_them() -> None:
    async with floor() as place:
        pages = [Page(place) for _ in range(2)]
        for page in pages:
            await page.connect()
            await page.follow("w", WORK)
        boss = Page(place)
        await boss.connect("boss")
        for n in range(4):
            await boss.say("SEND", f"{n}", destination=WORK)
        heard = [page.hear() for page in pages]
        assert sorted(bodies(heard[0]) + bodies(heard[1])) == ["0", "1", "2", "3"]
        assert len(heard[0]) == 2
        assert heard[0][0].headers["destination"] == WORK
        assert heard[0][0].headers["x-user"] == "boss"


async def test_what_a_session_leaves_another_one_gets() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        await page.connect()
        await page.follow("w", WORK, ack="client-individual")
        for n in range(3):
            await page.say("SEND", f"{n}", destination=WORK)
        (receipt,) = await page.say("ACK", id="2.0@w", receipt="r")
        assert receipt.headers["receipt-id"] == "r"
        page.session.closed(SHUTDOWN)
        await turn(20)
        await other.connect()
        _, *given = await other.say("SUBSCRIBE", id="w", destination=WORK, receipt="r")
        await turn(20)
        assert bodies(given + other.hear()) == ["0", "2"]


@pytest.mark.parametrize("command", ["ACK", "NACK"])
async def test_what_an_aborted_transaction_said_of_a_message_was_not_said(command: str) -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("w", WORK, ack="client-individual", prefetch_count="1")
        (message,) = await page.say("SEND", "1", destination=WORK)
        await page.say("SEND", "2", destination=WORK)
        await page.say("BEGIN", transaction="t")
        assert await page.say(command, id=message.headers["ack"], transaction="t") == []
        (aborted,) = await page.say("ABORT", transaction="t", receipt="r")
        assert aborted.headers["receipt-id"] == "r"
        assert bodies(await page.say("ACK", id=message.headers["ack"])) == ["2"]


async def test_what_a_transaction_acknowledges_is_done_when_the_rest_is_stored() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        await page.connect()
        await page.follow("w", WORK, ack="client-individual", prefetch_count="1")
        (message,) = await page.say("SEND", "1", destination=WORK)
        await page.say("BEGIN", transaction="t")
        await page.say("ACK", id=message.headers["ack"], transaction="t")
        await page.say("SEND", "x", destination="/topic/done#ann,bob", transaction="t")
        assert [each.command for each in await page.say("COMMIT", transaction="t")] == ["ERROR"]
        await turn(20)
        await other.connect()
        _, *given = await other.say(
            "SUBSCRIBE", id="w", destination=WORK, ack="client", prefetch_count="1", receipt="s"
        )
        await turn(20)
        (again,) = given + other.hear()
        assert again.body == "1"
        await other.say("SEND", "2", destination=WORK)
        await other.say("BEGIN", transaction="t")
        await other.say("ACK", id=again.headers["ack"], transaction="t")
        await other.say("SEND", "x", destination="/topic/done", transaction="t")
        said = await other.say("COMMIT", transaction="t", receipt="c")
        assert sorted(each.command for each in said) == ["MESSAGE", "RECEIPT"]
        assert bodies(said) == ["2"]


async def test_an_acknowledgement_of_another_life_of_the_queue_is_none() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("w", WORK, ack="client", prefetch_count="1")
        await page.say("SEND", "1", destination=WORK)
        await page.say("SEND", "2", destination=WORK)
        assert await page.say("ACK", id="1.1@w") == []  # it would be given the next one


async def test_refusing_and_retiring() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("w", WORK, ack="client")
        message, _ = sorted(await page.say("SEND", "1", destination=WORK, receipt="r"))
        ack = message.headers["ack"]
        again, receipt = sorted(await page.say("NACK", id=ack, receipt="n"))
        assert (again.body, receipt.command) == ("1", "RECEIPT")
        (retired,) = await page.say("UNSUBSCRIBE", id="w", receipt="u")
        assert retired.headers["receipt-id"] == "u"
        assert await page.say("ACK", id=ack) == []


async def test_who_may_follow_the_channel_may_consume() -> None:
    async with floor(namespace=Namespace(subscribe=Audience.NOBODY)) as place:
        page = Page(place)
        await page.connect()
        (error,) = await page.say("SUBSCRIBE", id="w", destination=WORK)
        assert error.headers["x-code"] == "103"


async def test_queues_count_as_channels() -> None:
    async with floor(SessionLimits(channels=1)) as place:
        page = Page(place)
        await page.connect()
        await page.follow("w", WORK)
        (error,) = await page.say("SUBSCRIBE", id="v", destination="/queue/other")
        assert error.headers["x-code"] == "106"


async def test_who_may_consume_for_a_time_consumes_no_longer() -> None:
    async with floor() as place:
        now_s = place.node.clock.epoch_ms() // 1000
    channels = {
        "short": claims("queue:work", user="li", expire_at=now_s + 20),
        "over": claims("queue:work", user="li", expire_at=now_s),
    }
    tokens = FakeTokens({"li": ConnectGrant("li")}, channels)
    async with floor(trusting=False, tokens=tokens) as place:
        page = Page(place)
        await page.connect(token="li")
        await page.follow("w", WORK, token="short", ack="client")
        await place.node.hub.publish("queue:work", b"1")
        await turn(10)
        assert bodies(page.hear()) == ["1"]
        place.tick(21)
        await turn(10)
        await place.node.hub.publish("queue:work", b"2")
        await turn(10)
        assert bodies(page.hear()) == []
        assert page.session.gone
        late = Page(place)
        await late.connect(token="li")
        (error,) = await late.say("SUBSCRIBE", id="w", destination=WORK, token="over")
        assert error.headers["x-code"] == "110"


@pytest.mark.parametrize("channel", ["queue:work", ""])
async def test_who_is_unsubscribed_consumes_no_longer(channel: str) -> None:
    async with floor() as place:
        orders = Orders(place.services, place.control)
        page, other = Page(place), Page(place)
        for client, user in ((page, "w"), (other, "v")):
            await client.connect(user)
            await client.follow("q", WORK)
        gone = []
        for each in ("queue:other", channel):
            await orders.give(Unsubscribe(Whom("w"), each))
            gone.append((page.session.gone, other.session.gone))
        assert gone == [(False, False), (True, False)]
