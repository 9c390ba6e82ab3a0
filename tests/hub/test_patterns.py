"""Patterns: the table by itself, and what those who follow one see at the hub."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.centrifuge.json import JSON
from hubbub.errors import Refused
from hubbub.hub.channels import Channel
from hubbub.hub.encoding import Encoding
from hubbub.hub.envelope import Joined, encode
from hubbub.hub.patterns import PatternTable, prefix_of
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Position, Publication
from tests.fakes.carrier import lines
from tests.hub.stage import Listener, Stage, shared_world, stage, turn, until

OPEN = Namespace(patterns=True)
SHOWN = Encoding(JSON.renderer, lines, joins=True)


class Seen(NamedTuple):
    """A publication as an SDK gets it: in which subscription, of which channel."""

    followed: str
    channel: str
    offset: int
    data: object


def seen(listener: Listener) -> list[Seen]:
    """Return and forget what arrived."""
    pushes = [json.loads(line)["push"] for line in listener.seen()]
    return [
        Seen(
            push["channel"],
            push["pub"].get("channel", ""),
            push["pub"].get("offset", 0),
            push["pub"]["data"],
        )
        for push in pushes
        if "pub" in push
    ]


async def follow(node: Stage, name: str, channel: str) -> Listener:
    listener = Listener(name)
    listener.encoding = SHOWN
    await node.hub.attach(listener, listener.wish(channel))
    return listener


def leave(node: Stage, listener: Listener, channel: str) -> None:
    node.hub.detach(listener.info, channel, SHOWN)


async def pass_time(node: Stage, seconds: int) -> None:
    for _ in range(seconds):
        node.clock.jump(1)
        node.hub.tick()
        await turn()


# ── the table ───────────────────────────────────────────────────────────────────────────────────

NAMES = st.text("ab:", max_size=5)


@given(st.lists(st.tuples(NAMES, st.booleans()), max_size=12), NAMES)
def test_the_table_knows_what_matches(steps: list[tuple[str, bool]], name: str) -> None:
    table, expected = PatternTable(), dict[str, Channel]()
    for prefix, comes in steps:
        if comes and prefix not in expected:
            expected[prefix] = Channel(prefix + "*", OPEN, 0)
            table.add(expected[prefix])
        elif not comes and prefix in expected:
            table.remove(expected.pop(prefix))
        matching = {prefix for prefix in expected if name.startswith(prefix)}
        assert {prefix_of(pattern) for pattern in table.matching(name)} == matching
        assert len(table) == len(expected)
        assert all(pattern in table for pattern in expected.values())
    assert Channel(name, OPEN, 0) not in table


def test_a_channel_of_some_users_matches_no_pattern() -> None:
    table = PatternTable()
    table.add(Channel("news:*", OPEN, 0))
    assert len(table.matching("news:a")) == 1
    assert table.matching("news:dialog#ann,bob") == ()


# ── what one sees ───────────────────────────────────────────────────────────────────────────────


async def test_all_matching_channels_are_seen_with_their_names_and_offsets() -> None:
    world = shared_world()
    async with stage(OPEN, world=world, node="n1") as one, stage(OPEN, world=world) as two:
        ann = await follow(one, "ann", "news:*")
        await one.say("news:a", '"1"')
        await two.say("news:b", '"2"')
        await two.say("news:a", '"3"')
        await two.say("other:a", '"4"')
        assert seen(ann) == [
            Seen("news:*", "news:a", 1, "1"),
            Seen("news:*", "news:b", 1, "2"),
            Seen("news:*", "news:a", 2, "3"),
        ]
        assert ann.arrivals[0].recoverable is False
        assert ann.arrivals[0].position == Position("", 0)


async def test_it_is_live_only_and_says_so() -> None:
    async with stage(OPEN) as node:
        await node.say("news:a", '"before"')
        listener = Listener("ann")
        await node.hub.attach(listener, listener.wish("news:*", since=Position("e", 0), recent=5))
        reply = listener.arrivals[0]
        assert (reply.recoverable, reply.recovered, list(reply.publications)) == (False, False, [])
        for refused in (
            node.hub.history("news:*", 10, None, reverse=False),
            node.hub.members("news:*"),
        ):
            with pytest.raises(Refused) as refusal:
                await refused
            assert refusal.value.error.code == 108
        with pytest.raises(Refused, match="a pattern stands for"):
            node.hub.publish("news:*", b"1")


@pytest.mark.parametrize("name", ["*", "news*", "news:a*b*", "news:a#b*", "news:**"])
async def test_other_patterns_are_refused(name: str) -> None:
    async with stage(OPEN) as node:
        with pytest.raises(Refused, match="namespace:prefix"):
            await node.listen("ann", name)


async def test_where_patterns_are_not_allowed_a_star_is_a_character() -> None:
    async with stage(Namespace()) as node:
        ann = await node.listen("ann", "news:*")
        await node.say("news:a", "1")
        await node.say("news:*", "2")
        assert ann.seen() == ["2"]


async def test_what_has_no_offset_and_what_another_system_brings_is_seen_too() -> None:
    async with stage(Namespace(patterns=True, ephemeral=True)) as node:
        ann = await follow(node, "ann", "typing:*")
        bob = await follow(node, "bob", "typing:b")
        await node.say("typing:a", '"1"')
        await node.say("typing:b", '"2"')
        node.hub.deliver("typing:c", Publication(b'"3"'))
        node.hub.deliver("typing:b", Publication(b'"4"'))
        await node.broker.feed.announce("typing:a", encode(Joined(ClientInfo("cid", "s"))))
        await node.broker.feed.announce("typing:a", b"\xc1")
        await turn()
        assert [(each.channel, each.data) for each in seen(ann)] == [
            *(("typing:a", "1"), ("typing:b", "2")),
            *(("typing:c", "3"), ("typing:b", "4")),
        ]
        assert [each.data for each in seen(bob)] == ["2", "4"]
        assert node.hub.statistics.unreadable == 1


async def test_each_subscription_gets_each_publication_once() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        for more in ("news:a", "news:a:*"):
            listener = Listener("ann")
            listener.encoding, listener.write = SHOWN, ann.write
            await node.hub.attach(listener, listener.wish(more))
        bob = await follow(node, "bob", "news:a")
        for number in range(3):
            await node.say("news:a", str(number))
            await node.say("news:a:b", str(number))
        got = seen(ann)
        for followed, channel in (
            *(("news:*", "news:a"), ("news:*", "news:a:b")),
            *(("news:a", ""), ("news:a:*", "news:a:b")),
        ):
            assert [each.data for each in got if each[:2] == (followed, channel)] == [0, 1, 2]
        assert len(got) == 12
        assert [each.data for each in seen(bob)] == [0, 1, 2]


async def test_the_channels_name_is_a_tag_too_where_the_publisher_gave_none() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        for tags in (None, {"a": "1"}, {"channel": "mine"}):
            await node.hub.publish("news:a", b"1", tags=tags)
        await turn()
        pushes = [json.loads(line)["push"]["pub"] for line in ann.seen()]
        assert [pub["tags"] for pub in pushes] == [
            {"channel": "news:a"},
            {"channel": "news:a", "a": "1"},
            {"channel": "mine"},
        ]
        assert {pub["channel"] for pub in pushes} == {"news:a"}


async def test_the_sender_may_be_left_out_and_one_turn_is_one_write() -> None:
    async with stage(OPEN) as node:
        ann, bob = await follow(node, "ann", "news:*"), await follow(node, "bob", "news:*")
        writes: list[bytes] = []
        bob.write = writes.append
        node.hub.reroute(bob, "news:*")
        for number in range(3):
            node.hub.publish(f"news:{number}", b"%d" % number, sender=ann.info, exclude="s-ann")
        await turn()
        assert (seen(ann), len(writes)) == ([], 1)


# ── healing ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_gap_in_a_channel_that_only_a_pattern_matches_is_repaired() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        await node.say("news:a", "1")
        node.broker.lose(2)
        await node.say("news:a", "2", "3", "4")
        await until(lambda: len(ann.data.splitlines()) == 4)
        assert [each.data for each in seen(ann)] == [1, 2, 3, 4]
        assert node.hub.statistics.heals == 1


async def test_a_lost_last_message_of_such_a_channel_is_found_by_the_audit() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        await node.say("news:a", "1")
        node.broker.lose(1)
        await node.say("news:a", "2")
        await pass_time(node, 25)
        assert [each.data for each in seen(ann)] == [1, 2]


async def test_an_unreadable_entry_is_passed_over() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        await node.broker.log.publish("news:a", b"\xc1 nobody wrote this", OPEN.retention)
        await node.say("news:a", "2")
        assert [each.data for each in seen(ann)] == [2]
        assert node.hub.statistics.unreadable == 1


# ── bounds ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_node_follows_only_so_many_patterns() -> None:
    async with stage(OPEN, HubSettings(pattern_limit=2)) as node:
        for name in ("a:*", "b:*", "a:*"):
            await follow(node, "ann", name)
        with pytest.raises(Refused, match="as many patterns"):
            await follow(node, "bob", "c:*")


async def test_where_there_is_no_room_publications_are_shown_all_the_same() -> None:
    async with stage(OPEN, HubSettings(channel_limit=3)) as node:
        ann = await follow(node, "ann", "news:*")
        for number in range(5):
            await node.say(f"news:{number}", str(number))
        assert [each.data for each in seen(ann)] == [0, 1, 2, 3, 4]
        node.hub.tick()
        assert node.hub.statistics.channels == 3
        # Those that have become quiet make room for others, and for who asks by name.
        await pass_time(node, 21)
        await node.say("news:8", "8")
        bob = await follow(node, "bob", "news:9")
        await node.say("news:9", "9")
        assert [each.data for each in seen(ann)] == [8, 9]
        assert [each.data for each in seen(bob)] == [9]


async def test_a_channel_that_a_pattern_found_remembers_little_until_it_is_followed() -> None:
    async with stage(OPEN) as node:
        await follow(node, "ann", "news:*")
        top = await node.say("news:a", *map(str, range(10)))
        found = node.hub._following.get("news:a")
        assert found is not None
        assert len(found.ring) == 0
        bob = Listener("bob")
        await node.hub.attach(bob, bob.wish("news:a", since=Position(top.epoch, 5)))
        assert [p.data for p in bob.arrivals[0].publications] == [b"%d" % n for n in range(5, 10)]
        await node.say("news:a", "10")
        assert [p.data for p in found.ring] == [b"10"]
