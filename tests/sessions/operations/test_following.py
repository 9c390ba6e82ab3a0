from __future__ import annotations

import asyncio

from msgspec.structs import replace

from hubbub.brokers.contract import Occupancy
from hubbub.errors import SERVER_UNSUBSCRIBED
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.permissions.options import Override
from hubbub.model import Kind
from hubbub.sessions.hooks import EventKind, SubscribeGrant
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.operations.following import enter
from hubbub.sessions.tokens.claims import SubscriptionClaims
from tests.hub.stage import turn
from tests.sessions.fake_tokens import FakeTokens, claims
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor


async def say(place: Floor, number: int) -> None:
    await place.node.hub.publish("room", b"%d" % number, Kind.JSON)
    await turn(3)


async def test_the_server_subscribes_and_unsubscribes_a_client() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        await say(place, 1)
        await enter(ann.session, "room", SubscribeGrant(info=b'{"seat":7}', data=b'{"a":1}'))
        await say(place, 2)
        start, published = [push for push in ann.pushes() if "join" not in push]
        assert start["subscribe"] == {
            "recoverable": True,
            "epoch": start["subscribe"]["epoch"],
            "offset": 1,
            "positioned": True,
            "data": {"a": 1},
        }
        assert published["pub"]["offset"] == 2
        members = await place.node.hub.members("room")
        assert [info.chan_info for info in members.values()] == [b'{"seat":7}']
        await enter(ann.session, "room", SubscribeGrant())  # twice is once
        ann.session.drop("room", SERVER_UNSUBSCRIBED)
        await say(place, 3)
        assert [push["unsubscribe"]["code"] for push in ann.pushes()] == [2000]
        assert await place.node.hub.members("room") == {}


async def test_a_gap_in_what_the_server_subscribed_ends_the_connection() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect()
        await enter(ann.session, "room", SubscribeGrant())
        channel = place.node.hub._following.get("room")
        assert channel is not None
        place.node.hub._tell(channel, "gap")
        assert ann.code == 3010


async def test_what_is_on_its_way_is_judged_anew_when_the_server_ends_it() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect()
        place.node.broker.moody.gate = asyncio.Event()
        asking = asyncio.create_task(ann.ask(subscribe={"channel": "room"}))
        await turn(3)
        ann.session.drop("room", SERVER_UNSUBSCRIBED)
        assert ann.code == 3011
        place.node.broker.moody.gate.set()
        await asking
        assert place.node.hub.statistics.subscriptions == 0


async def test_joins_are_pushed_where_the_namespace_or_the_grant_says_so() -> None:
    async with floor(namespace=Namespace(push_join_leave=True)) as place:
        ann, bob = Speaker(place), Speaker(place)
        for one, name in ((ann, "ann"), (bob, "bob")):
            await one.connect(data={"user": name})
        await ann.ask(subscribe={"channel": "room"})
        await enter(
            bob.session, "room", SubscribeGrant(override=Override(force_push_join_leave=False))
        )
        cid = Speaker(place)
        await cid.connect(data={"user": "cid"})
        await cid.ask(subscribe={"channel": "room"})
        joined = [push["join"]["info"]["user"] for push in ann.pushes() if "join" in push]
        assert joined[-2:] == ["bob", "cid"]
        assert not [push for push in bob.pushes() if "join" in push]


async def test_the_application_is_told_in_order_and_with_numbers() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        for channel in ("a", "b", "c"):
            await ann.ask(subscribe={"channel": channel})
        await ann.ask(unsubscribe={"channel": "a"})
        ann.session.drop("b", SERVER_UNSUBSCRIBED)
        ann.session.dismiss()
        told = [(each.kind, each.number, each.channel, each.code) for each in place.events]
        assert told == [
            (EventKind.UNSUBSCRIBED, 1, "a", 0),
            (EventKind.UNSUBSCRIBED, 2, "b", 2000),
            (EventKind.UNSUBSCRIBED, 3, "c", 1),
            (EventKind.DISCONNECTED, 4, "", 3001),
        ]
        assert {each.key for each in place.events} == {ann.session.id}
        assert [each.client.user for each in place.events if each.client] == ["ann"] * 4


async def test_of_somebody_who_was_never_let_in_nobody_is_told() -> None:
    async with floor() as place:
        Speaker(place).session.dismiss()
        assert place.events == []


async def test_what_was_missed_comes_behind_the_news_of_a_subscription() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect()
        for number in (1, 2, 3):
            await say(place, number)
        top = await place.node.hub.history("room", 0, None, False)
        since = replace(top.position, offset=1, tag=0)
        await enter(ann.session, "room", SubscribeGrant(), since)
        await say(place, 4)
        start, *published = [push for push in ann.pushes() if "join" not in push]
        assert start["subscribe"]["offset"] == 3
        assert [push["pub"]["data"] for push in published] == [2, 3, 4]


async def test_a_session_follows_patterns_as_channels_but_only_so_many() -> None:
    limits = SessionLimits(patterns=2)
    async with floor(limits, Namespace(patterns=True, join_leave=True)) as place:
        ann = Speaker(place)
        await ann.connect()
        for name in ("a:*", "b:*", "a:x"):
            reply = await ann.ask(subscribe={"channel": name, "join_leave": True})
            assert reply["subscribe"].get("recoverable", False) is (name == "a:x")
        assert (await ann.ask(subscribe={"channel": "c:*"}))["error"]["code"] == 106
        await ann.ask(unsubscribe={"channel": "b:*"})
        assert "subscribe" in await ann.ask(subscribe={"channel": "c:*"})
        await place.node.hub.publish("c:1", b"7", Kind.JSON)
        await turn(3)
        pushed = [push for push in ann.pushes() if "pub" in push]
        assert pushed == [
            {
                "channel": "c:*",
                "pub": {**pushed[0]["pub"], "data": 7, "offset": 1, "channel": "c:1"},
            }
        ]
        for command in ("publish", "history", "presence"):
            data = {"data": 1} if command == "publish" else {}
            reply = await ann.ask(**{command: {"channel": "c:*", **data}})
            assert reply["error"]["code"] == (107 if command == "publish" else 108)


async def test_who_leaves_what_the_server_is_making_is_not_subscribed_twice() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect()
        gate = place.node.broker.moody.gate = asyncio.Event()
        entering = asyncio.create_task(enter(ann.session, "room", SubscribeGrant()))
        await turn(3)
        await ann.ask(unsubscribe={"channel": "room"})
        again = await ann.ask(subscribe={"channel": "room", "join_leave": True})
        assert again["error"]["code"] == 105
        gate.set()
        await entering
        await turn(10)
        ann.pushes()
        await say(place, 1)
        assert len([push for push in ann.pushes() if "pub" in push]) == 1
        ann.session.dismiss()
        assert place.node.hub.statistics.subscriptions == 0
        await say(place, 2)
        channel = place.node.hub._following.get("room")
        assert channel is not None
        assert len(channel.audience) == 0


async def test_a_newer_token_for_what_is_followed_no_more_prolongs_nothing() -> None:
    class Slow(FakeTokens):
        async def subscription(self, token: str) -> SubscriptionClaims:
            if token == "newer":
                await thinking.wait()
            return await super().subscription(token)

    thinking = asyncio.Event()
    tokens = Slow({}, {"first": claims("room"), "newer": claims("room", expire_at=2**40)})
    async with floor(tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        await ann.ask(subscribe={"channel": "room", "token": "first"})
        await ann.ask(sub_refresh={"channel": "room", "token": "newer"})
        ann.session.drop("room", SERVER_UNSUBSCRIBED)
        await enter(ann.session, "room", SubscribeGrant())
        thinking.set()
        await turn(5)
        ann.hear()
        assert [each["error"]["code"] for each in ann.said if "error" in each] == [103]
        subscription = ann.session.following["room"]
        assert subscription is not None
        assert subscription.grant.expire_at == 0


async def test_whom_the_server_does_not_show_is_no_member_and_counts_all_the_same() -> None:
    changes: list[Occupancy] = []
    async with floor(namespace=Namespace(occupancy_hooks=True)) as place:
        hub = place.node.hub
        hub.watch_occupancy(changes.append)
        ann, bob = Speaker(place), Speaker(place)
        await ann.connect(data={"user": "ann"})
        await bob.connect(data={"user": "bob"})
        hidden = SubscribeGrant(override=Override(presence=False, force_push_join_leave=True))
        await enter(ann.session, "room", hidden)
        await turn(3)
        assert [change.occupied for change in changes] == [True]
        await bob.ask(subscribe={"channel": "room", "join_leave": True})
        assert {info.user for info in (await hub.members("room")).values()} == {"bob"}
        place.node.hub.on_restored()
        await turn(10)
        assert {info.user for info in (await hub.members("room")).values()} == {"bob"}
        ann.session.drop("room", SERVER_UNSUBSCRIBED)
        await turn(3)
        joins = [push["join"]["info"]["user"] for push in bob.pushes() if "join" in push]
        assert (joins, [push for push in bob.pushes() if "leave" in push]) == (["bob"], [])
