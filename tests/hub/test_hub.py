from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import Entry
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Position, Publication
from tests.hub.stage import PLAIN_LINES, Listener, shared_world, stage, turn, until
from tests.hub.test_following import Owner


async def test_what_is_published_reaches_all_once_in_order() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        bob = await node.listen("bob", "room")
        await node.say("room", *map(str, range(100)))
        assert ann.seen() == bob.seen() == [str(n) for n in range(100)]
        assert node.hub.statistics.delivered == 200


async def test_a_newcomer_sees_no_older_message_and_a_leaver_no_newer() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        node.hub.publish("room", b"before")
        bob = await node.listen("bob", "room")
        node.hub.publish("room", b"after")
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        node.hub.publish("room", b"later")
        await turn()
        assert ann.seen() == ["before", "after"]
        assert bob.seen() == ["after", "later"]


async def test_the_reply_comes_before_any_publication() -> None:
    async with stage() as node:
        await node.say("room", "0")
        listener = Listener("ann")
        listener.data = b""
        attached = asyncio.create_task(node.hub.attach(listener, listener.wish("room")))
        await node.say("room", "1", "2")
        await attached
        await turn()
        start = listener.arrivals[0].position.offset
        assert listener.seen() == [str(n) for n in range(start, 3)]


async def test_two_nodes_show_one_order() -> None:
    world = shared_world()
    async with stage(world=world, node="n1") as one, stage(world=world, node="n2") as two:
        here, there = await one.listen("ann", "room"), await two.listen("bob", "room")
        for n in range(50):
            await (one if n % 2 else two).say("room", str(n))
        assert here.seen() == there.seen() == [str(n) for n in range(50)]
        assert set(await one.hub.members("room")) == {"s-ann", "s-bob"}


async def test_a_subscriber_that_is_gone_meanwhile_is_not_added() -> None:
    async with stage() as node:
        listener = Listener("ann")
        listener.here = False
        await node.hub.attach(listener, listener.wish("room"))
        await node.say("room", "1")
        assert listener.seen() == []
        assert node.hub.statistics.subscriptions == 0


async def test_excluding_the_sender() -> None:
    async with stage() as node:
        ann, bob = await node.listen("ann", "room"), await node.listen("bob", "room")
        node.hub.publish("room", b"x", sender=ann.info, exclude=ann.info.session)
        await turn()
        assert (ann.seen(), bob.seen()) == ([], ["x"])


async def test_ephemeral_channels_have_no_offsets_and_no_history() -> None:
    async with stage(Namespace(ephemeral=True)) as node:
        ann = await node.listen("ann", "room")
        stored = await node.hub.publish("room", b"typing")
        await turn()
        assert (stored.position.offset, ann.seen()) == (0, ["typing"])
        with pytest.raises(Refused, match="no history"):
            await node.hub.history("room", 10, None, reverse=False)


async def test_a_vacant_channel_lingers_and_is_then_dropped() -> None:
    async with stage(settings=HubSettings(linger_s=15)) as node:
        ann = await node.listen("ann", "room")
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        node.clock.jump(14)
        node.hub.tick()
        assert node.hub.statistics.channels == 1
        node.clock.jump(2)
        node.hub.tick()
        assert node.hub.statistics.channels == 0
        bob = await node.listen("bob", "room")
        await node.say("room", "1")
        assert bob.seen() == ["1"]


async def test_a_lingering_channel_is_not_dropped_under_somebody_who_is_coming() -> None:
    async with stage(settings=HubSettings(linger_s=15, ring_size=1)) as node:
        ann = await node.listen("ann", "room")
        top = await node.say("room", *"abc")
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        node.broker.moody.slow = asyncio.Event()
        bob = Listener("bob")
        wish = bob.wish("room", since=Position(top.epoch, 1))
        coming = asyncio.create_task(node.hub.attach(bob, wish))
        await turn()
        node.clock.jump(16)
        node.hub.tick()
        node.broker.moody.slow.set()
        await coming
        await node.say("room", "d")
        assert bob.seen() == ["d"]


async def test_a_look_that_fails_keeps_nothing_else_from_being_done() -> None:
    async with stage() as node:
        await node.listen("ann", "room")
        for _ in range(4):  # longer than a lease
            node.clock.jump(10)
            node.broker.moody.fault = ValueError("a bug of the engine's")
            node.hub.tick()
            await turn()
        assert set(await node.hub.members("room")) == {"s-ann"}


async def test_whose_messages_another_system_delivers_is_promised_no_recovery() -> None:
    async with stage(Namespace(source="owner")) as node:
        node.hub.outlets["owner"] = Owner()
        ann = await node.listen("ann", "room", since=Position("", 0))
        reply = ann.arrivals[0]
        assert (reply.recoverable, reply.recovered) == (False, False)
        node.hub.deliver("room", Publication(b"1"))
        await turn()
        assert ann.seen() == ["1"]
        with pytest.raises(Refused, match="no history"):
            await node.hub.history("room", 10, None, reverse=False)


async def test_lingering_channels_make_room_where_there_is_none() -> None:
    async with stage(settings=HubSettings(channel_limit=2)) as node:
        ann = await node.listen("ann", "a")
        await node.listen("ann", "b")
        node.hub.detach(ann.info, "a", PLAIN_LINES)
        cid = await node.listen("cid", "c")
        await node.say("c", "1")
        assert cid.seen() == ["1"]


async def test_a_node_follows_only_so_many_channels() -> None:
    async with stage(settings=HubSettings(channel_limit=2)) as node:
        await node.listen("ann", "a")
        await node.listen("ann", "b")
        with pytest.raises(Refused, match="as many channels"):
            await node.listen("ann", "c")


async def test_a_broker_that_is_away_refuses_newcomers_and_keeps_nothing_of_them() -> None:
    async with stage() as node:
        node.broker.moody.away = True
        with pytest.raises(BrokerUnavailable):
            await node.listen("ann", "room")
        node.broker.moody.away = False
        bob = await node.listen("bob", "room")
        await node.say("room", "1")
        assert bob.seen() == ["1"]


async def test_an_unreadable_entry_is_skipped_and_counted() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        top = await node.say("room", "1")
        tampered = Entry(top.epoch, 2, 5, top.tag, 0, b"\xc1 nobody wrote this")
        node.hub.on_entry("room", tampered)
        node.hub.on_entry("room", Entry(top.epoch, 3, 6, 5, 0, b"\x93\xa2p1\xc4\x013\x00"))
        await turn()
        assert ann.seen() == ["1", "3"]
        assert node.hub.statistics.unreadable == 1


async def test_what_cannot_be_shown_silences_no_channel() -> None:
    async with stage() as node:
        ann, bob = await node.listen("ann", "a"), await node.listen("bob", "b")
        node.hub.publish("a", b'"\xed\xa0\x80"')  # a JSON string that is not UTF-8
        await node.say("b", "1")
        await node.say("a", "2")
        await node.say("b", "3")
        assert (ann.seen(), bob.seen()) == (["2"], ["1", "3"])


async def test_members_are_those_who_follow_now() -> None:
    async with stage() as node:
        ann, bob = await node.listen("ann", "room"), await node.listen("bob", "room")
        assert await node.hub.members("room") == {"s-ann": ann.info, "s-bob": bob.info}
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        assert await node.hub.members("room") == {"s-bob": bob.info}
    async with stage(Namespace(presence=False)) as node:
        with pytest.raises(Refused, match="no presence"):
            await node.hub.members("room")


async def test_presence_is_written_again_after_the_feed_was_restored() -> None:
    async with stage() as node:
        await node.listen("ann", "room")
        await node.broker.presence.leave("room", "s-ann")
        node.hub.on_restored()
        await until(lambda: node.hub.statistics.subscriptions == 1)
        assert await node.hub.members("room") == {"s-ann": ClientInfo("ann", "s-ann")}


async def test_a_channel_is_occupied_while_somebody_follows_it() -> None:
    async with stage() as place:
        ann, bob = await place.listen("ann", "room"), await place.listen("bob", "room")
        await place.listen("ann", "other")
        assert sorted(place.hub.occupied()) == [("other", 1), ("room", 2)]
        for each in (ann, bob):
            place.hub.detach(each.info, "room", PLAIN_LINES)
        assert list(place.hub.occupied()) == [("other", 1)]
