"""Sessions that speak STOMP: what its dialect asks of them, and channels shared with other protocols."""

from __future__ import annotations

import asyncio
import json

from hubbub.dialects.contract import Request
from hubbub.errors import NORMAL, SERVER_UNSUBSCRIBED, SHUTDOWN
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, RpcAnswer, RpcAsk
from hubbub.sessions.limits import SessionLimits
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import floor
from tests.sessions.stomp_page import Page, bodies


async def test_a_room_of_pages_and_of_an_sdk() -> None:
    async with floor() as place:
        page, other, ann = Page(place), Page(place), Speaker(place)
        assert (await page.connect()).headers["session"] == page.session.id
        await other.connect("zhang")
        await ann.connect(data={"user": "ann"})
        await ann.ask(subscribe={"channel": "room"})
        await page.follow("sub-0", "/topic/room")
        await other.follow("sub-0", "/channel/room")
        message, receipt = sorted(
            await page.say("SEND", "[1]", destination="/topic/room", receipt="r")
        )
        assert receipt.headers["message-id"] == message.headers["message-id"]
        assert (message.headers["x-user"], message.body) == ("li", "[1]")
        assert ann.pushes()[0]["pub"]["data"] == [1]
        assert other.hear()[0].headers["destination"] == "/channel/room"
        await ann.ask(publish={"channel": "room", "data": {"a": 2}})
        assert bodies(page.hear()) == ['{"a": 2}']


async def test_those_whose_subscriptions_look_alike_share_bytes() -> None:
    async with floor() as place:
        pages = [Page(place) for _ in range(3)]
        for page, name in zip(pages, ["sub-0", "sub-0", "sub-1"], strict=True):
            await page.connect()
            await page.follow(name, "/topic/room")
        written: list[bytes] = []
        for page in pages:
            page.carrier.write = page.session.write = written.append
            place.node.hub.reroute(page.session, "room")
        place.node.hub.publish("room", b"[1]")
        await turn(10)
        assert len(written) == 3
        assert len({id(data) for data in written}) == 2


async def test_two_subscriptions_of_one_client_hear_every_message() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("a", "/topic/room")
        for n in (1, 2):
            place.node.hub.publish("room", b"%d" % n)
        await turn(10)
        first, _ = page.hear()
        said = await page.say(
            "SUBSCRIBE",
            id="b",
            destination="/topic/room",
            receipt="r",
            x_since=first.headers["message-id"],
        )
        receipt, missed = said
        assert receipt.headers["x-recovered"] == "true"
        assert (missed.headers["subscription"], missed.body) == ("b", "2")
        place.node.hub.publish("room", b"3")
        await turn(10)
        assert [each.headers["subscription"] for each in page.hear()] == ["a", "b"]
        await page.say("UNSUBSCRIBE", id="a")
        place.node.hub.publish("room", b"4")
        await turn(10)
        assert [each.headers["subscription"] for each in page.hear()] == ["b"]
        assert len(place.node.hub._following.get("room").audience) == 1  # type: ignore[union-attr]
        await page.say("UNSUBSCRIBE", id="b")
        place.node.hub.publish("room", b"5")
        await turn(10)
        assert page.hear() == []


async def test_a_selector_chooses_what_is_live_and_what_was_missed() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        for each in (page, other):
            await each.connect()
        urgent = {"destination": "/topic/room", "selector": "urgency >= 7 OR colour = 'red'"}
        await page.say("SUBSCRIBE", id="a", **urgent)
        for n, tags in enumerate(({"urgency": "9"}, {"urgency": "6"}, {"colour": "red"}, {})):
            await other.say("SEND", str(n), destination="/topic/room", **tags)
        heard = page.hear()
        assert bodies(heard) == ["0", "2"]
        page.session.closed(SHUTDOWN)
        again = Page(place)
        await again.connect()
        since = heard[0].headers["message-id"]
        _, *missed = await again.say("SUBSCRIBE", id="a", receipt="r", x_since=since, **urgent)
        assert bodies(missed) == ["2"]
        (error,) = await again.say("SUBSCRIBE", id="b", destination="/topic/b", selector="a ==")
        assert "selector: a text in quotes is expected" in error.headers["message"]


async def test_another_subscription_is_judged_too() -> None:
    async with floor(namespace=Namespace(subscribe=Audience.USERS)) as place:
        page = Page(place)
        await page.connect()
        await page.follow("a", "/topic/room")
        (error,) = await page.say("SUBSCRIBE", id="b", destination="/topic/room", token="forged")
        assert error.headers["x-code"] == "103"


async def test_coming_back_to_a_message() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("a", "/topic/room")
        for n in (1, 2, 3):
            place.node.hub.publish("room", b"%d" % n)
        await turn(10)
        first = page.hear()[0].headers["message-id"]
        page.session.closed(SHUTDOWN)
        again = Page(place)
        await again.connect()
        receipt, *missed = await again.say(
            "SUBSCRIBE", id="a", destination="/topic/room", x_since=first, receipt="r"
        )
        assert receipt.headers["x-recovered"] == "true"
        assert bodies(missed) == ["2", "3"]


async def test_what_cannot_be_recovered_is_told_in_any_case() -> None:
    async with floor(namespace=Namespace(history_size=1)) as place:
        for n in (1, 2, 3):
            place.node.hub.publish("room", b"%d" % n)
        page, other = Page(place), Page(place)
        await page.connect()
        receipt = await page.follow("a", "/topic/room", x_since="room@1.1")
        assert receipt.headers["x-recovered"] == "false"
        await other.connect()
        (error,) = await other.say(
            "SUBSCRIBE", id="a", destination="/topic/room", x_since="room@1.1"
        )
        assert error.headers["x-code"] == "112"
        assert other.carrier.closes


async def test_a_receipt_comes_when_it_is_stored_and_that_of_leaving_last() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        place.node.broker.moody.withheld = stored = asyncio.Event()
        assert await page.say("SEND", "x", destination="/topic/room", receipt="r1") == []
        assert await page.say("SEND", "y", destination="/topic/room") == []
        assert await page.say("DISCONNECT", receipt="r2") == []
        assert not page.carrier.closes
        stored.set()
        await turn(10)
        assert [each.headers["receipt-id"] for each in page.hear()] == ["r1", "r2"]
        assert page.carrier.closes == [NORMAL]


async def test_a_refusal_is_an_error_and_the_end() -> None:
    async with floor(namespace=Namespace(publish=Audience.NOBODY)) as place:
        page = Page(place)
        await page.connect()
        (error,) = await page.say("SEND", "x", destination="/topic/room", receipt="r")
        assert error.headers == {
            "message": "publish is not for you in this channel",
            "receipt-id": "r",
            "x-code": "103",
        }
        assert page.carrier.closes[0].code == 1008


async def test_heart_beats() -> None:
    async with floor(SessionLimits(ping_interval_s=10, keepalive_s=20, idle_s=30)) as place:
        page, silent = Page(place), Page(place)
        hello = await page.connect(heart_beat="5000,5000")
        assert hello.headers["heart-beat"] == "11000,10000"
        await silent.connect(heart_beat="0,5000")
        place.tick(10)
        assert page.carrier.data == silent.carrier.data == b"\n"
        assert (page.carrier.pings, silent.carrier.pings) == (0, 1)
        await page.write("\n")
        place.tick(25)
        assert not page.carrier.closes
        place.tick(20)
        assert page.carrier.closes[0].code == 3012


async def test_credentials_go_through_the_gate() -> None:
    async with floor(trusting=False) as place:
        asked: list[ConnectAsk] = []

        async def connect(ask: ConnectAsk) -> ConnectGrant:
            asked.append(ask)
            return ConnectGrant("zhang", channels=("news",))

        place.hooks.connect = connect
        page = Page(place)
        await page.connect("li", passcode="secret", token="t")
        assert page.session.info.user == "zhang"
        (ask,) = asked
        assert ask.token == "t"
        assert json.loads(ask.data) == {"login": "li", "passcode": "secret"}
        place.node.hub.publish("news", b"1")
        await turn(10)
        (message,) = page.hear()
        assert message.headers["subscription"] == "/topic/news"


async def test_who_is_nobody_is_told_so() -> None:
    async with floor(trusting=False) as place:
        page = Page(place)
        error = await page.connect()
        assert error.command == "ERROR"
        assert error.headers["message"] == "no credentials, and anonymous clients may not connect"


async def test_functions_answer() -> None:
    async with floor() as place:

        async def rpc(ask: RpcAsk) -> RpcAnswer:
            assert ask.client.dialect == "stomp"
            return RpcAnswer(b"[%b]" % ask.data)

        place.hooks.rpc = rpc
        page = Page(place)
        await page.connect()
        message, receipt = await page.say(
            "SEND", "{}", destination="/app/a", reply_to="/temp-queue/x", receipt="r"
        )
        assert (message.headers["subscription"], message.body) == ("/temp-queue/x", "[{}]")
        assert receipt.headers == {"receipt-id": "r"}


async def test_what_ends_on_the_server_is_an_error() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        for each in (page, other):
            await each.connect()
            await each.follow("a", "/topic/room")
        page.session.drop("room", SERVER_UNSUBSCRIBED)
        (error,) = page.hear()
        assert "ended the subscription to room" in error.headers["message"]
        assert page.carrier.closes[0].code == 1008
        other.session.dismiss()
        assert other.hear()[0].headers["message"] == "shutdown"


async def test_a_users_inbox() -> None:
    async with floor() as place:
        page, ann = Page(place, Request(query={"device": "phone"})), Speaker(place)
        assert (await page.connect("li")).headers["user-name"] == "li"
        await ann.connect(data={"user": "ann"})
        for n in (1, 2, 3):
            await ann.ask(rpc={"method": "hubbub.send", "data": {"user": "li", "data": n}})
        reply = {"destination": "/user/topic/reply", "ack": "client-individual"}
        _, *waiting = await page.say("SUBSCRIBE", id="i", receipt="r", **reply)
        assert bodies(waiting) == ["1", "2", "3"]
        assert waiting[0].headers["destination"] == "/user/topic/reply"
        (acked,) = await page.say("ACK", id=waiting[0].headers["ack"], receipt="a")
        assert acked.headers["receipt-id"] == "a"
        page.session.closed(SHUTDOWN)
        again = Page(place, Request(query={"device": "phone"}))
        await again.connect("li")
        _, *waiting = await again.say("SUBSCRIBE", id="i", receipt="r", **reply)
        assert bodies(waiting) == ["2", "3"]
        await ann.ask(subscribe={"channel": "#ann"})
        (receipt,) = await again.say("SEND", "hi", destination="/user/ann/queue/x", receipt="s")
        assert receipt.headers["receipt-id"] == "s"
        assert ann.pushes()[0]["pub"]["data"] == "hi"


async def test_ready_made_operations() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect("li")
        message, _ = await page.say(
            "SEND", destination="/app/hubbub.inbox_unread", reply_to="/temp-queue/a", receipt="r"
        )
        assert json.loads(message.body)["total"] == 0
