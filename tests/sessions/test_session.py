from __future__ import annotations

import asyncio
import json

import pytest

from hubbub import errors
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.centrifuge.unidirectional import UnidirectionalDialect
from hubbub.dialects.contract import Dialect
from hubbub.dialects.text import TextDialect
from hubbub.model import Packet
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn
from tests.sessions.stage import PLAIN, floor


def say(text: str) -> Packet:
    return Packet(text.encode())


def kinds(carrier: Carrier) -> list[str]:
    return [json.loads(line)["type"] for line in carrier.lines()]


async def test_two_sessions_talk_and_the_sender_hears_itself() -> None:
    async with floor() as place:
        (ann, at_ann), (_, at_bob) = place.plain("ann"), place.plain("bob")
        ann.received(say("hello"))
        await turn()
        assert at_ann.lines() == at_bob.lines() == ["hello"]


async def test_all_protocols_share_the_channel() -> None:
    async with floor() as place:
        _, plain = place.plain("ann")
        _, enveloped = place.enveloped("bob")
        sdk, centrifuge = place.open(CentrifugeDialect(JSON))
        sdk.received(
            say(
                '{"id":1,"connect":{"data":{"user":"cid"}}}\n{"id":2,"subscribe":{"channel":"room"}}'
            )
        )
        sdk.received(say('{"id":3,"publish":{"channel":"room","data":{"n":1}}}'))
        await turn()
        assert plain.lines() == ['{"n":1}']
        message = json.loads(enveloped.lines()[-1])
        assert (message["data"], message["sender"]["user"]) == ({"n": 1}, "cid")
        pushes = [json.loads(line) for line in centrifuge.lines()]
        assert pushes[-1]["push"]["pub"]["data"] == {"n": 1} or pushes[-2]["push"]["pub"]


async def test_commands_behind_one_that_waits_run_in_order_after_it() -> None:
    async with floor() as place:
        place.node.broker.moody.gate = asyncio.Event()
        ann, at_ann = place.enveloped("ann")
        for n in range(300):
            ann.received(say(f'{{"type":"publish","data":{n},"id":{n + 1}}}'))
        paused = not at_ann.reading
        assert paused
        assert kinds(at_ann) == ["connected"]
        place.node.broker.moody.gate.set()
        await turn(20)
        assert at_ann.reading
        replies = [json.loads(line) for line in at_ann.lines()]
        published = [reply["id"] for reply in replies if reply["type"] == "published"]
        messages = [reply["data"] for reply in replies if reply["type"] == "message"]
        assert published == [n + 1 for n in range(300)]
        assert messages == list(range(300))


async def test_a_session_that_closes_while_it_subscribes_leaves_nothing() -> None:
    async with floor() as place:
        place.node.broker.moody.gate = asyncio.Event()
        ann, at_ann = place.plain()
        ann.closed(errors.NORMAL)
        place.node.broker.moody.gate.set()
        await turn(10)
        assert place.node.hub.statistics.subscriptions == 0
        assert len(place.registry) == 0
        ann.received(say("late"))
        assert at_ann.data == b""


async def test_leaving_frees_channel_presence_and_registry() -> None:
    async with floor() as place:
        ann, _ = place.plain()
        assert await place.node.hub.members("room")
        ann.closed(errors.NORMAL)
        assert await place.node.hub.members("room") == {}
        assert (len(place.registry), place.node.hub.statistics.subscriptions) == (0, 0)


async def test_a_broken_protocol_closes_that_connection_only() -> None:
    async with floor() as place:
        sdk, at_sdk = place.open(CentrifugeDialect(JSON))
        _, at_ann = place.plain()
        sdk.received(say("not json"))
        assert at_sdk.closes == [errors.BAD_REQUEST]
        assert at_ann.closes == []


async def test_a_flood_is_refused_and_then_ended() -> None:
    limits = SessionLimits(commands_per_s=1, command_burst=5, strikes=3)
    async with floor(limits) as place:
        ann, at_ann = place.enveloped()
        for n in range(12):
            ann.received(say(f'{{"type":"publish","data":1,"id":{n + 1}}}'))
        await turn()
        codes = [json.loads(line).get("code") for line in at_ann.lines()]
        assert codes.count(111) == 3
        assert at_ann.closes == [errors.TOO_MANY_REQUESTS]


async def test_the_bucket_refills_with_time() -> None:
    async with floor(SessionLimits(commands_per_s=1, command_burst=2)) as place:
        ann, at_ann = place.plain()
        ann.received(say("1"))
        ann.received(say("2"))
        place.tick(5)
        ann.received(say("3"))
        await turn()
        assert at_ann.lines() == ["1", "2", "3"]


async def test_a_client_that_does_not_introduce_itself_is_stale() -> None:
    async with floor(SessionLimits(connect_s=10)) as place:
        _, at_sdk = place.open(CentrifugeDialect(JSON))
        _, at_ann = place.plain()
        place.tick(10)
        assert at_sdk.closes == []
        place.tick(1)
        assert (at_sdk.closes, at_ann.closes) == ([errors.STALE], [])


@pytest.mark.parametrize(
    ("unread", "seconds", "ended"), [(1001, 1, True), (900, 5, False), (900, 11, True)]
)
async def test_a_slow_reader_is_ended_by_bytes_or_by_age(
    unread: int, seconds: int, ended: bool
) -> None:
    async with floor() as place:
        ann, at_ann = place.plain()
        at_ann.unread = unread
        ann.congested()
        place.tick(seconds)
        assert at_ann.closes == ([errors.SLOW] if ended else [])
        assert place.node.hub.statistics.slow_disconnects == int(ended)


async def test_a_slow_reader_need_not_be_waited_for_while_much_is_said() -> None:
    async with floor() as place:
        (ann, at_ann), (_, at_bob) = place.plain("ann"), place.plain("bob")
        ann.congested()
        at_ann.unread = 1200
        await place.node.say("room", "x" * 400)
        assert at_ann.closes == []
        await place.node.say("room", "x" * 100)
        assert (at_ann.closes, at_bob.closes) == ([errors.SLOW], [])


async def test_a_session_that_has_ended_is_slow_no_more() -> None:
    async with floor() as place:
        ann, at_ann = place.plain()
        ann.end(errors.SHUTDOWN)
        at_ann.unread = 2000
        ann.congested()  # what is queued before its CLOSE
        ann.closed(errors.SHUTDOWN)
        place.tick(2)
        assert (place.registry.congested, place.node.hub.statistics.slow_disconnects) == ({}, 0)


async def test_a_reader_that_caught_up_stays() -> None:
    async with floor() as place:
        ann, at_ann = place.plain()
        ann.congested()
        ann.drained()
        place.tick(20)
        assert at_ann.closes == []


async def test_a_gap_is_told_in_the_dialects_own_way() -> None:
    async with floor() as place:
        _, enveloped = place.enveloped()
        place.node.broker.lose(1)
        await place.node.say("room", "a")
        await place.node.broker.log.remove_history("room")
        place.node.hub.on_restored()
        await turn(20)
        assert kinds(enveloped)[-1] == "resync"


async def test_publishing_while_the_broker_is_away_is_an_error_and_the_session_goes_on() -> None:
    async with floor() as place:
        ann, at_ann = place.enveloped()
        place.node.broker.moody.away = True
        ann.received(say('{"type":"publish","data":1,"id":1}'))
        await turn()
        errors_told = [line for line in map(json.loads, at_ann.lines()) if line["type"] == "error"]
        assert [(told["code"], told["temporary"]) for told in errors_told] == [(100, True)]
        place.node.broker.moody.away = False
        ann.received(say('{"type":"publish","data":2,"id":2}'))
        await turn()
        assert "published" in kinds(at_ann)
        assert at_ann.closes == []


async def test_publications_that_wait_are_bounded_by_number_and_by_size() -> None:
    async with floor(SessionLimits(pending=8)) as place:
        ann, at_ann = place.enveloped()
        gate = place.node.broker.moody.withheld = asyncio.Event()
        for n in range(2):
            ann.received(say(f'{{"type":"publish","id":{n + 1},"data":"{"x" * 4000}"}}'))
            ann.received(say('{"type":"ping"}'))
        assert kinds(at_ann).count("pong") == 1  # the second waits behind the second publication
        gate.set()
        await turn(10)
        answers = [kind for kind in kinds(at_ann) if kind in {"published", "pong"}]
        assert answers == ["published", "published", "pong"]
        assert ann.pending == 0


async def test_who_is_let_down_by_this_server_may_come_back() -> None:
    async with floor() as place:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        session = Session(place.services, TextDialect(PLAIN, "room", "ann"), lambda *_: waiting)
        carrier = Carrier()
        session.opened(carrier)
        waiting.cancel()
        await turn()
        assert [close.reconnect for close in carrier.closes] == [True]


async def test_dismissing_all_sessions_in_batches() -> None:
    async with floor() as place:
        crowd = [place.plain(f"u{n}")[1] for n in range(25)]
        await place.registry.dismiss(batch=10, pause_s=0)
        assert all(carrier.closes == [errors.SHUTDOWN] for carrier in crowd)
        assert len(place.registry) == 0


async def test_a_gap_ends_a_centrifuge_subscription_which_then_starts_anew() -> None:
    async with floor() as place:
        sdk, at_sdk = place.open(CentrifugeDialect(JSON))
        sdk.received(say('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room"}}'))
        place.node.broker.lose(1)
        await place.node.say("room", "1")
        await place.node.broker.log.remove_history("room")
        place.node.hub.on_restored()
        await turn(20)
        assert '"unsubscribe":{"code":2500' in at_sdk.lines()[-1]
        await place.node.say("room", "2")
        assert at_sdk.lines() == []
        sdk.received(say('{"id":3,"subscribe":{"channel":"room","recover":true,"offset":0}}'))
        await turn()
        reply = json.loads(at_sdk.lines()[0])
        assert reply["subscribe"]["offset"] == 2
        assert "recovered" not in reply["subscribe"]


@pytest.mark.parametrize(
    ("dialect", "says_close", "told"),
    [
        (CentrifugeDialect(JSON), True, []),
        (CentrifugeDialect(JSON), False, ["push"]),
        (UnidirectionalDialect(), True, ["disconnect"]),
        (UnidirectionalDialect(), False, ["disconnect"]),
    ],
)
async def test_the_end_is_said_where_the_carrier_cannot_or_the_dialect_always_does(
    dialect: Dialect, says_close: bool, told: list[str]
) -> None:
    async with floor() as place:
        session, carrier = place.open(dialect, says_close=says_close)
        session.end(errors.FORCE_DISCONNECT)
        session.end(errors.FORCE_DISCONNECT)
        assert [key for line in carrier.lines() for key in json.loads(line)] == told
        assert carrier.closes == [errors.FORCE_DISCONNECT]
