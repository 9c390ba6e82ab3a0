"""What functions of the application do with the session of a client that calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from hubbub.dialects.contract import Request
from hubbub.errors import FORCE_DISCONNECT, Refused, Unanswered
from hubbub.model import Packet
from hubbub.sessions.hooks import RpcAnswer, RpcAsk
from hubbub.sessions.operations.caller import Caller
from tests.hub.stage import turn, until
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor
from tests.sessions.test_socketio import Page


def answer(place: Floor, function: Callable[[Caller], Awaitable[object]]) -> None:
    """Answer every call by a function of its session."""

    async def rpc(ask: RpcAsk) -> RpcAnswer:
        assert isinstance(ask.client, Caller)
        return RpcAnswer(json.dumps(await function(ask.client)).encode())

    place.hooks.rpc = rpc


async def test_a_function_lets_a_client_in_and_out() -> None:
    async def come_and_go(session: Caller) -> str:
        await session.join("room")
        await session.join("room")
        session.emit("welcome", {"to": "room"}, 1)
        session.leave("room")
        session.leave("room")
        return session.user

    async with floor() as place:
        answer(place, come_and_go)
        page, ann = Page(place), Speaker(place)
        await page.connect({"user": "li"})
        await ann.connect(data={"user": "ann"})
        said = await page.say('421["enter"]')
        assert [each[:16] for each in said] == [
            '42["subscribed",',
            '42["welcome",{"t',
            '42["unsubscribed',
            '431["li"]',
        ]
        reply = await ann.ask(rpc={"method": "enter", "data": {}})
        assert reply == {"rpc": {"data": "ann"}}
        pushed = ann.pushes()
        assert [list(push)[-1] for push in pushed] == ["subscribe", "message", "unsubscribe"]
        assert pushed[1]["message"] == {"data": {"event": "welcome", "data": [{"to": "room"}, 1]}}


async def test_members_and_the_application_see_what_a_function_says_of_a_session() -> None:
    async def enter(session: Caller) -> None:
        await session.join("room", {"name": session.user})
        with pytest.raises(TypeError, match="no JSON"):
            await session.join("other", {"name": session})

    async with floor() as place:
        answer(place, enter)
        page = Page(place)
        await page.connect({"user": "li"})
        await page.say('42["enter"]')
        [member] = (await place.node.hub.members("room")).values()
        assert (member.user, member.chan_info) == ("li", b'{"name":"li"}')
        assert list(page.session.following) == ["room"]
        page.session.dismiss()
        left, gone = place.events
        assert (left.channel, left.info, gone.info) == ("room", b'{"name":"li"}', b"")


async def test_in_a_namespace_a_channel_is_shown_in_its_way() -> None:
    async def enter(session: Caller) -> None:
        await session.join("chat:r1")
        session.emit("welcome")

    async with floor() as place:
        answer(place, enter)
        page = Page(place)
        await page.connect()
        await page.connect(namespace="/chat,")
        subscribed, welcome, ack = await page.say('42/chat,1["enter"]')
        assert subscribed.startswith('42/chat,["subscribed",{"channel":"r1"')
        assert (welcome, ack) == ('42/chat,["welcome"]', "43/chat,1[null]")
        await page.say('42["publish",{"channel":"chat:r1","data":1}]')
        await page.say('42["publish",{"channel":"chat:r1","data":2}]')
        assert list(page.session.following) == ["chat:r1"]


async def test_a_client_acknowledges_what_it_is_asked() -> None:
    async def ask(session: Caller) -> object:
        return await session.call("how old", "are you")

    async with floor() as place:
        answer(place, ask)
        page = Page(place)
        await page.connect()
        assert await page.say('425["start"]') == ['421["how old","are you"]']
        assert await page.say('42["presence","room"]') == [], "it waits for its turn"
        assert await page.say("431[7]") == ["435[7]"]
        assert await page.say('426["start"]') == ['422["how old","are you"]']
        assert await page.say("432[1,2]") == ["436[[1, 2]]"]


async def test_who_does_not_acknowledge_is_not_waited_for() -> None:
    faults: list[BaseException] = []

    async def ask(session: Caller) -> None:
        try:
            await session.call("how old", timeout_s=0.01)
        except (Unanswered, Refused) as fault:
            faults.append(fault)
            raise

    async with floor() as place:
        answer(place, ask)
        page, ann, gone = Page(place), Speaker(place), Page(place)
        await page.connect()
        await page.say('425["start"]')
        await until(lambda: faults)
        await turn(10)
        (ack,) = page.hear()
        assert ack.startswith('435[{"error":{"code":100,"message":"internal server error"')
        await ann.connect()
        assert (await ann.ask(rpc={"method": "start", "data": {}}))["error"]["code"] == 108
        await gone.connect()
        gone.session.received(Packet(b'42["start"]'))
        await turn(5)
        gone.session.end(FORCE_DISCONNECT)
        await turn(5)
        assert [str(fault) for fault in faults] == [
            "the client did not answer: it took longer than 0.01 s",
            "this client's protocol acknowledges nothing",
            "the client did not answer: the session has ended",
        ]


async def test_what_cannot_be_said_is_a_mistake() -> None:
    wrong: list[type[BaseException]] = []

    async def mistake(session: Caller) -> None:
        for event, argument in (("x", object()), ("connect", 1)):
            try:
                session.emit(event, argument)
            except (TypeError, ValueError) as fault:
                wrong.append(type(fault))
        try:
            await asyncio.to_thread(session.emit, "x")
        except RuntimeError as fault:
            wrong.append(type(fault))

    async with floor() as place:
        answer(place, mistake)
        page = Page(place)
        await page.connect()
        await page.say('42["start"]')
        await until(lambda: len(wrong) == 3)
        assert wrong == [TypeError, ValueError, RuntimeError]


async def test_a_session_remembers_what_functions_note_and_what_its_address_said() -> None:
    async def count(session: Caller) -> object:
        session.state["n"] = len(session.state) + int(str(session.state.get("n", 0)))
        return [session.query, session.state["n"], session.id]

    async with floor() as place:
        answer(place, count)
        page = Page(place, Request(query={"roomid": "r1"}))
        await page.connect()
        await page.say('421["start"]')
        (ack,) = await page.say('421["start"]')
        assert json.loads(ack[3:]) == [[{"roomid": "r1"}, 1, page.session.id]]
        assert page.session.client().state == {"n": 1}


@pytest.mark.parametrize("text", ["43", "43[1]", "431{}"])
async def test_no_answer_breaks_the_connection_but_a_wrong_one(text: str) -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.say("437[1]")
        assert not page.carrier.closes
        await page.say(text)
        assert page.carrier.closes[0].code == 3501
