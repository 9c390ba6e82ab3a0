"""Sessions that speak Socket.IO: what its dialect asks of them, and channels shared with other protocols."""

from __future__ import annotations

import json
from typing import Any

from hubbub.dialects.contract import Request
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.errors import FORCE_DISCONNECT, SHUTDOWN, Reject
from hubbub.framings.conversation import EngineIo
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import Packet
from hubbub.sessions.addresses import node_of
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, SubscribeGrant
from hubbub.sessions.limits import SessionLimits
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor


class Page:
    """A Socket.IO client by hand, on a carrier without a socket."""

    def __init__(self, place: Floor, request: Request | None = None) -> None:
        dialect = EngineIo(SocketIoDialect(1024), (), 1024)
        self.session, self.carrier = place.open(dialect, request)
        self.handshake = json.loads(self.hear()[0][1:])

    async def say(self, text: str) -> list[str]:
        self.session.received(Packet(text.encode()))
        await turn(10)
        return self.hear()

    def hear(self) -> list[str]:
        return self.carrier.lines()

    async def connect(self, said: object = None, namespace: str = "") -> Any:  # noqa: ANN401
        auth = json.dumps(said) if said else ""
        answers = await self.say(f"40{namespace}{auth}")
        return answers[0] if answers else ""


async def test_the_handshake_names_node_and_session_and_nobody_can_guess_it() -> None:
    async with floor(SessionLimits(ping_interval_s=10, idle_s=30)) as place:
        page = Page(place)
        handshake = page.handshake
        assert node_of(handshake["sid"]) == node_of(page.session.id) == place.services.node
        assert place.services.seal.session(handshake["sid"]) == page.session.id
        assert (handshake["pingInterval"], handshake["pingTimeout"]) == (10_000, 20_000)


async def test_a_heartbeat() -> None:
    async with floor(SessionLimits(ping_interval_s=10, idle_s=30)) as place:
        page = Page(place)
        await page.connect()
        place.tick(10)
        assert page.hear() == ["2"]
        assert await page.say("3") == []
        place.tick(29)
        assert not page.carrier.closes
        place.tick(12)
        assert page.carrier.closes[0].code == 3012


async def test_a_room_of_pages_and_of_an_sdk() -> None:
    async with floor() as place:
        page, ann = Page(place), Speaker(place)
        await page.connect({"user": "li"})
        await ann.connect(data={"user": "ann"})
        await ann.ask(subscribe={"channel": "room"})
        assert '"offset":0' in (await page.say('421["subscribe","room"]'))[0]
        said = '422["publish",{"channel":"room","event":"hi","data":[1]}]'
        event, ack = sorted(await page.say(said))
        assert event.startswith('42["hi",[1],{"channel":"room","sender":{"user":"li"')
        assert ack.startswith('432[{"offset":1')
        (pushed,) = ann.pushes()
        assert pushed["pub"]["data"] == [1]
        assert pushed["pub"]["tags"] == {"event": "hi"}
        await ann.ask(publish={"channel": "room", "data": [1]})
        (event,) = page.hear()
        assert event.startswith('42["message",[1],{"channel":"room","sender":{"user":"ann"')


async def test_a_namespace_shows_its_channel_in_its_own_way() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        await page.connect()
        await other.connect()
        await page.connect(namespace="/chat,")
        await page.say('42/chat,1["subscribe","r1"]')
        await other.say('421["subscribe","chat:r1"]')
        await other.say('42["publish",{"channel":"chat:r1","data":1}]')
        (event,) = page.hear()
        assert event.startswith('42/chat,["message",1,{"channel":"r1"')
        assert await page.say("41/chat,") == []
        await other.say('42["publish",{"channel":"chat:r1","data":2}]')
        assert page.hear() == []


async def test_the_application_says_who_comes_into_a_namespace() -> None:
    async def hook(ask: ConnectAsk) -> ConnectGrant:
        if b"secret" in ask.data:
            raise Reject(4501, "not for you")
        user = "li" if b"li" in ask.data else "ann"
        return ConnectGrant(user, subs={"news": SubscribeGrant()}, data=b'{"hello":1}')

    async with floor(trusting=False) as place:
        place.hooks.connect = hook
        page = Page(place)
        assert '"data":{"hello":1}' in await page.connect()
        assert page.session.info.user == "ann"
        assert await page.connect({"room": "secret"}, "/a,") == (
            '44/a,{"message":"not for you","data":{"code":4501}}'
        )
        assert await page.connect({"name": "li"}, "/b,") == (
            '44/b,{"message":"the client is somebody else here","data":{"code":103}}'
        )
        assert (await page.connect({}, "/c,")).startswith('40/c,{"sid":')
        assert not page.carrier.closes


async def test_no_namespace_lets_in_who_was_refused_at_the_first() -> None:
    async def hook(ask: ConnectAsk) -> ConnectGrant | None:
        raise Reject(4501, "not for you")

    async with floor() as place:
        place.hooks.connect = hook
        page = Page(place)
        page.session.received(Packet(b"40"))
        answers = await page.say("40/chat,")
        assert answers[:1] == ['44{"message":"not for you","data":{"code":4501}}']
        assert not any(answer.startswith("40") for answer in answers)
        assert page.carrier.closes[0].code == 4501


async def test_who_is_sent_away_for_good_is_told_and_others_come_back() -> None:
    async with floor() as place:
        kicked, moved = Page(place), Page(place)
        await kicked.connect()
        await moved.connect()
        kicked.session.end(FORCE_DISCONNECT)
        moved.session.end(SHUTDOWN)
        assert kicked.hear() == ["41"]
        assert moved.hear() == []


async def test_a_client_that_leaves_is_let_go() -> None:
    async with floor() as place:
        leaving, closing = Page(place), Page(place)
        await leaving.connect()
        await leaving.say("41")
        await closing.say("1")
        assert [page.carrier.closes[0].code for page in (leaving, closing)] == [1000, 1000]
        assert len(place.registry) == 0


async def test_a_client_that_was_cut_off_gets_what_it_missed_if_it_still_may() -> None:
    async with floor(namespace=Namespace(history_size=3)) as place:
        other = Page(place)
        await other.connect()

        async def say(*numbers: int) -> None:
            for number in numbers:
                await other.say(f'42["publish",{{"channel":"room","data":{number}}}]')

        async def come_back(cursor: str) -> tuple[Page, list[str]]:
            page = Page(place)
            said = json.dumps({"pid": "p1", "offset": cursor})
            return page, await page.say(f"40{said}")

        page = Page(place)
        await page.connect()
        _, cursor = await page.say('421["subscribe",{"channel":"room","recover":true}]')
        assert cursor == '42["cursor","room@0.0"]'
        await say(1, 2)
        last = json.loads(page.hear()[-1][2:])[-1]
        page.session.closed(SHUTDOWN)
        await say(3, 4)
        page, said = await come_back(last)
        assert '"pid":"p1"' in said[0]
        missed = [json.loads(event[2:]) for event in said[2:]]
        assert [event[1] for event in missed] == [3, 4]
        await say(5)
        assert json.loads(page.hear()[0][2:])[-1].startswith("room@5.")
        await say(6, 7, 8)
        for lost in (last, "room@7.1", "secret:room@1.1", "!own@1.1", "room@99.9"):
            page, said = await come_back(lost)
            assert len(said) == 1
            assert f'"pid":"{page.session.id}"' in said[0]
            assert page.session.following == {}, "it may subscribe anew"
