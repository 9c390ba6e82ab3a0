"""Looking into inboxes of which something is gone, or which hold more than is counted."""

from __future__ import annotations

import pytest

from hubbub.brokers.shelf import Shelf
from hubbub.hub.envelope import Published, encode
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.model import Kind
from tests.hub.inbox.test_inbox import Post
from tests.hub.stage import shared_world, stage


async def test_what_is_dropped_is_told() -> None:
    """Messages that were too many or too old are counted, and reading on says so once only."""
    async with stage() as place:
        post = Post(place, InboxSettings(size=3, ttl_s=50.0))
        await post.send(*"12345")
        page = await post.inbox.pull("bob", 10)
        assert ([m.offset for m in page.messages], page.lost) == ([3, 4, 5], 2)
        counted = await post.inbox.unread("bob")
        assert (counted.total, counted.lost) == (3, 2)
        await post.inbox.read("bob", 4)
        assert (await post.inbox.unread("bob")).lost == 0
        place.clock.jump(60)
        counted = await post.inbox.unread("bob")
        assert (counted.total, counted.lost) == (0, 1)
        page = await post.inbox.pull("bob", 10, take=True)
        assert (page.messages, page.lost, page.upto, page.more) == ([], 1, 5, False)
        assert (await post.inbox.unread("bob")).lost == 0


async def test_many_unread_are_counted_without_their_senders() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings(count=3))
        await post.send(*"1234567")
        counted = await post.inbox.unread("bob")

        assert (counted.total, counted.senders, counted.more) == (7, {"ann": 3}, True)


async def test_what_the_server_made_is_no_message() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send("1")
        made = Published(b"{}", Kind.JSON, None, {"kind": "edit", "about": "1"}, made=True)
        await place.broker.log.publish(
            "#bob", encode(made), place.hub.namespaces.resolve("#bob").retention
        )

        assert (await post.inbox.unread("bob")).total == 1
        page = await post.inbox.pull("bob", 10)
        assert ([m.offset for m in page.messages], page.upto) == ([1], 2)
        overdue = await post.inbox.overdue("bob", place.clock.epoch_ms())
        assert [m.offset for m in overdue.messages] == [1]


async def test_what_is_known_of_a_new_life_is_not_taken_for_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, get = shared_world(), Shelf.get
    async with stage(world=world) as place:
        post = Post(place, InboxSettings())
        await post.send("1")

        async def reborn(shelf: Shelf, record: str) -> dict[str, bytes]:
            monkeypatch.setattr(Shelf, "get", get)
            world._lines.clear()
            await post.send("1")
            await post.inbox.read("bob", 1)
            return await get(shelf, record)

        monkeypatch.setattr(Shelf, "get", reborn)
        await post.inbox.acknowledge("bob", "phone", upto=1)
        assert (await post.inbox.unread("bob")).total == 0
