"""Cursors of users in channels, against a model that remembers all that was said."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.brokers.records import KEPT
from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act
from hubbub.errors import Refused
from hubbub.hub.chats import receipts as subject
from hubbub.hub.chats.amendments import Amender, Amendments
from hubbub.hub.chats.receipts import Cursor, Receipts, Room, cursors_of, messages_of_others
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Publication
from tests.hub.stage import Stage, shared_world, stage

CHAT = Namespace(receipts=True, edits=True, history_size=500)


def info(user: str) -> ClientInfo:
    return ClientInfo(user, f"s-{user}")


async def say(place: Stage, user: str, channel: str = "room", times: int = 1) -> None:
    for _ in range(times):
        await place.hub.publish(channel, b"1", sender=info(user))


async def unread(receipts: Receipts, user: str, channel: str = "room") -> tuple[int, bool, int]:
    (room,) = await receipts.rooms(user, [channel])
    assert isinstance(room, Room)
    return room.unread, room.more, room.read


async def test_a_cursor_grows_and_never_sinks_and_what_is_read_is_received() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob", times=5)
        receipts = Receipts(place.hub, place.broker)
        assert await receipts.mark("room", "ann", 0, 3) == (Cursor(0, 3), Cursor())
        assert await receipts.mark("room", "ann", 2, 0) == (Cursor(2, 3), Cursor(0, 3))
        assert await receipts.mark("room", "ann", 1, 1) == (Cursor(2, 3), None)
        assert await receipts.mark("room", "ann", 5, 0) == (Cursor(5, 5), Cursor(2, 3))
        assert await receipts.of("room") == {"ann": Cursor(5, 5)}


async def test_another_node_knows_it_and_says_nothing_twice() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob", times=5)
        here, there = (Receipts(place.hub, place.broker) for _ in range(2))
        await here.mark("room", "ann", 4, 5)
        assert await there.mark("room", "ann", 4, 0) == (Cursor(4, 5), None)
        assert await there.of("room") == {"ann": Cursor(4, 5)}
        assert await unread(there, "ann") == (1, False, 4)


async def test_a_node_that_knows_less_shows_nothing() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob", times=9)
        here, there = (Receipts(place.hub, place.broker) for _ in range(2))
        await here.mark("room", "ann", 2, 0)
        await there.mark("room", "ann", 8, 0)
        assert await here.mark("room", "ann", 5, 0) == (Cursor(8, 8), None)


async def test_nobody_reads_what_is_not_there_yet() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob")
        receipts = Receipts(place.hub, place.broker)
        for read, received in ((2, 0), (0, 2)):
            with pytest.raises(Refused, match="ends at offset 1") as refused:
                await receipts.mark("room", "ann", read, received)
            assert refused.value.error.code == 107


async def test_what_one_wrote_oneself_and_what_is_no_message_is_not_unread() -> None:
    async with stage(CHAT) as place:
        receipts = Receipts(place.hub, place.broker)
        await say(place, "ann", times=2)
        await say(place, "bob", times=3)
        amendments, bob = Amendments(place.hub, place.broker), Amender(info("bob"))
        await amendments.amend(Amend("room", Act.EDIT, 4, data=b"2"), bob)
        await amendments.amend(Amend("room", Act.DELETE, 5), bob)
        assert await unread(receipts, "ann") == (2, False, 0)
        assert await unread(receipts, "bob") == (2, False, 0)
        await receipts.mark("room", "ann", 3, 0)
        assert await unread(receipts, "ann") == (1, False, 3)


async def test_more_than_is_counted_is_said_to_be_more() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob", times=subject.COUNT_LIMIT + 1)
        receipts = Receipts(place.hub, place.broker)
        assert await unread(receipts, "ann") == (subject.COUNT_LIMIT, True, 0)
        await receipts.mark("room", "ann", 1, 0)
        assert await unread(receipts, "ann") == (subject.COUNT_LIMIT, False, 1)


async def test_many_rooms_are_counted_in_one_go_and_one_that_cannot_be_spoils_nothing() -> None:
    async with stage(CHAT) as place:
        receipts = Receipts(place.hub, place.broker)
        names = [f"room{number}" for number in range(50)]
        for name in names:
            await say(place, "bob", name)
        found = await receipts.rooms("ann", [*names, "!bad", "empty"])
        assert [room.unread for room in found if isinstance(room, Room)] == [*(1,) * 50, 0]
        assert isinstance(found[50], Refused)


async def test_where_it_is_not_switched_on_there_are_no_receipts() -> None:
    async with stage() as place:
        receipts = Receipts(place.hub, place.broker)
        await say(place, "bob")
        for work in (receipts.mark("room", "ann", 1, 0), receipts.of("room")):
            with pytest.raises(Refused) as refused:
                await work
            assert refused.value.error.code == 108
        (room,) = await receipts.rooms("ann", ["room"])
        assert isinstance(room, Refused)


async def test_a_user_has_as_many_rooms_as_there_is_room_for() -> None:
    async with stage(CHAT, HubSettings(rooms_limit=2)) as place:
        receipts = Receipts(place.hub, place.broker)
        for name in ("a", "b", "c"):
            await say(place, "bob", name)
        await place.broker.records.put("rooms:ann", "gone:a", b"9", KEPT)  # of a former life
        await receipts.mark("a", "ann", 1, 0)
        await receipts.mark("b", "ann", 1, 0)
        with pytest.raises(Refused) as refused:
            await receipts.mark("c", "ann", 1, 0)
        assert refused.value.error.code == 106
        await receipts.mark("a", "ann", 1, 0)
        await receipts.mark("c", "bob", 1, 0)


async def test_in_a_crowd_nobody_is_shown_who_has_read_and_all_is_counted() -> None:
    async with stage(CHAT, HubSettings(readers_limit=1)) as place:
        receipts = Receipts(place.hub, place.broker)
        await say(place, "cia", times=3)
        assert (await receipts.mark("room", "ann", 1, 0))[1] is not None
        assert (await receipts.mark("room", "bob", 2, 0))[1] is None
        assert await receipts.of("room") == {"ann": Cursor(1, 1)}
        assert await unread(receipts, "bob") == (1, False, 2)


async def test_a_node_remembers_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "KNOWN_LIMIT", 2)
    async with stage(CHAT) as place:
        await say(place, "cia", times=9)
        receipts = Receipts(place.hub, place.broker)
        for user in ("ann", "bob", "dan", "ann"):
            await receipts.mark("room", user, 1, 0)
        assert len(receipts._known) == 2
        assert await receipts.mark("room", "bob", 1, 0) == (Cursor(1, 1), None)


def test_cursors_of_a_former_life_mean_nothing() -> None:
    fields = {"e:r:ann": b"3", "e:d:ann": b"5", "f:r:ann": b"9", "e:r:a:b": b"1", "e:d:bob": b"x"}
    assert cursors_of(fields, "e") == {
        "ann": Cursor(3, 5),
        "a:b": Cursor(1, 1),
        "bob": Cursor(0, 0),
    }


async def test_what_is_of_a_former_life_is_cleared_away() -> None:
    async with stage(CHAT) as place:
        await say(place, "bob")
        await place.broker.records.put("receipts:room", "gone:r:ann", b"9", KEPT)
        receipts = Receipts(place.hub, place.broker)
        assert await receipts.mark("room", "ann", 1, 0) == (Cursor(1, 1), Cursor())
        kept = await place.broker.records.get("receipts:room")
        assert not any(name.startswith("gone") for name in kept)


def test_messages_without_a_sender_are_somebody_elses() -> None:
    made = Publication(b"1", made=True)
    mine = Publication(b"1", sender=info("ann"))
    assert messages_of_others([Publication(b"1"), made, mine], "ann") == 1


class Step(NamedTuple):
    what: str
    user: str
    offset: int
    node: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["say", "read", "receive"]),
        st.sampled_from(["ann", "bob"]),
        st.integers(1, 12),
        st.integers(0, 1),
    ),
    max_size=30,
)


async def play(steps: list[Step]) -> None:
    authors: list[str] = []
    cursors = {"ann": Cursor(), "bob": Cursor()}
    async with stage(CHAT) as place:
        nodes = [Receipts(place.hub, place.broker) for _ in range(2)]
        for what, user, offset, node in steps:
            if what == "say":
                await say(place, user)
                authors.append(user)
                continue
            read, received = (offset, 0) if what == "read" else (0, offset)
            if offset > len(authors):
                with pytest.raises(Refused):
                    await nodes[node].mark("room", user, read, received)
                continue
            now, _ = await nodes[node].mark("room", user, read, received)
            cursors[user] = cursors[user].raised(read, received)
            assert Cursor().raised(read, received).read <= now.read <= cursors[user].read
            assert received <= now.received <= cursors[user].received
        for user, cursor in cursors.items():
            others = [name for name in authors[cursor.read :] if name != user]
            for receipts in nodes:
                assert await unread(receipts, user) == (len(others), False, cursor.read)
                if cursor != Cursor():
                    assert (await receipts.of("room"))[user] == cursor


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_what_is_unread_is_what_others_said_behind_the_cursor(steps: list[Step]) -> None:
    asyncio.run(play(steps))


async def test_a_node_that_has_not_heard_of_a_new_life_leaves_its_readers_alone() -> None:
    world = shared_world()
    async with stage(CHAT, world=world) as place:
        receipts = Receipts(place.hub, place.broker)
        await place.listen("ann", "room")
        await place.say("room", "1")
        world._lines.clear()
        (top,) = await place.broker.log.tops(["room"])
        await place.broker.records.raise_to("receipts:room", f"{top.epoch}:r:bob", 1, KEPT)
        await receipts.mark("room", "ann", 1, 1)
        assert f"{top.epoch}:r:bob" in await place.broker.records.get("receipts:room")


async def test_what_was_read_stays_so_for_as_long_as_it_is_kept_and_not_for_ever() -> None:
    """However little an operator allows, and however much later somebody looks."""
    namespace = Namespace(receipts=True, history_ttl_s=1000.0)
    async with stage(namespace, HubSettings(rooms_ttl_s=10.0)) as place:
        receipts = Receipts(place.hub, place.broker)
        await say(place, "bob", times=3)
        await receipts.mark("room", "ann", 2, 3)
        for _ in range(9):
            place.clock.jump(105)
            assert await unread(receipts, "ann") == (1, False, 2)
            assert await receipts.of("room") == {"ann": Cursor(2, 3)}
        place.clock.jump(306)
        assert await unread(receipts, "ann") == (0, False, 0)
        assert await place.broker.records.names("rooms:", "", 9) == []
