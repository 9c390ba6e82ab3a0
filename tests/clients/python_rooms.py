"""What PyPI `centrifuge-python` must be able to do in a room, and on coming back to it."""

from __future__ import annotations

import asyncio
from typing import Any

from centrifuge import DeltaType, Filter, StreamPosition  # type: ignore[import-untyped]

from tests.clients.python_cell import PATIENCE_S, Cell, Room, code_of, numbers, two, until

# ── being in a room ─────────────────────────────────────────────────────────────────────────────


async def publish_and_subscribe(cell: Cell) -> None:
    zhang = await cell.actor("zhang", claims={"info": {"name": "Zhang"}}).connected()
    li = await cell.actor("li").connected()
    channel = cell.channel("room")
    rooms = [await zhang.follow(channel), await li.follow(channel)]
    for data in numbers(1, 20):
        await zhang.publish(channel, data)
    for room in rooms:
        await room.shows(20)
        assert room.seen() == numbers(1, 20)
        first = room.of("publication")[0].pub
        assert (first.offset, first.info.user) == (1, "zhang")
        assert cell.unpack(first.info.conn_info) == {"name": "Zhang"}


async def page_through_history(cell: Cell) -> None:
    zhang = await cell.actor("zhang").connected()
    channel = cell.channel("room")
    room = await zhang.follow(channel)
    for data in numbers(1, 9):
        await zhang.publish(channel, data)
    top = await room.subscription.history()
    assert (top.offset, top.publications) == (9, [])
    pages, since = [], None
    while page := (await room.subscription.history(limit=4, since=since)).publications:
        pages.append([each.offset for each in page])
        since = StreamPosition(page[-1].offset, top.epoch)
    assert pages == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]
    last = await room.subscription.history(limit=2, reverse=True)
    assert [cell.unpack(each.data)["n"] for each in last.publications] == [9, 8]
    other = room.subscription.history(limit=1, since=StreamPosition(1, "other"))
    assert await code_of(other) == 112


async def everybody_is_seen(subscription: Any, number: int) -> None:  # noqa: ANN401 (the SDK's)
    """Wait until so many are present: another node's write may still be on its way to the broker."""
    async with asyncio.timeout(PATIENCE_S):
        while (await subscription.presence_stats()).num_clients < number:
            await asyncio.sleep(0.01)


async def see_who_is_there(cell: Cell) -> None:
    zhang, li = await two(cell)
    channel = cell.channel("room")
    room = await zhang.follow(channel)
    await li.follow(channel, token=cell.token(sub="li", channel=channel, info={"chair": 3}))
    await everybody_is_seen(room.subscription, 2)
    clients = (await room.subscription.presence()).clients
    infos = {each.user: cell.unpack(each.chan_info) for each in clients.values()}
    assert infos == {"zhang": None, "li": {"chair": 3}}
    stats = await room.subscription.presence_stats()
    assert (stats.num_clients, stats.num_users) == (2, 2)


async def be_told_of_joins_and_leaves(cell: Cell) -> None:
    zhang, li = await two(cell)
    channel = cell.channel("room")
    room = await zhang.follow(channel, join_leave=True)
    other = await li.follow(channel)

    def of(event: str) -> int:
        return sum(each.info.user == "li" for each in room.of(event))

    await until("li joins", lambda: of("join") == 1)
    await other.subscription.unsubscribe()
    await until("li leaves", lambda: of("leave") == 1)
    await other.subscription.subscribe()
    await until("li joins again", lambda: of("join") == 2)
    await li.client.disconnect()
    await until("li leaves with its connection", lambda: of("leave") == 2)


async def be_sent_differences(cell: Cell) -> None:
    road = await cell.road()
    zhang = await cell.actor("zhang", road=road).connected()
    li = await cell.actor("li").connected()
    channel = cell.channel("delta")
    room = await zhang.follow(channel, delta=DeltaType.FOSSIL)
    scores = [{"home": "Real Madrid", "ground": "Santiago Bernabeu", "n": n} for n in range(11)]
    for score in scores[:6]:
        await li.publish(channel, score)
    await room.shows(6)
    road.close()
    for score in scores[6:10]:
        await li.publish(channel, score)
    road.open = True
    await room.shows(10)
    await li.publish(channel, scores[10])
    await room.shows(11)
    assert room.seen() == scores
    assert sum(each.pub.delta for each in room.of("publication")) >= 5


async def filter_by_tags(cell: Cell) -> None:
    zhang, li = await two(cell)
    channel = cell.channel("tagged")
    wanted = Filter.all(Filter.is_in("ticker", ["A", "B"]), Filter.gt("price", "10"))
    some, every = await zhang.follow(channel, tags_filter=wanted), await li.follow(channel)
    for ticker, price in (("A", 9), ("A", 11), ("C", 12), ("B", 100), ("B", 2)):
        tags = {"ticker": ticker, "price": str(price)}
        await cell.api("publish", channel=channel, data={"price": price}, tags=tags)
    await every.shows(5)
    await some.shows(2)
    assert some.seen() == [{"price": 11}, {"price": 100}]
    assert some.of("publication")[1].pub.tags == {"ticker": "B", "price": "100"}


# ── coming back ─────────────────────────────────────────────────────────────────────────────────


async def recover_after_a_cut(cell: Cell) -> None:
    road = await cell.road()
    zhang = await cell.actor("zhang", road=road).connected()
    li = await cell.actor("li").connected()
    channel = cell.channel("room")
    room = await zhang.follow(channel)
    for data in numbers(1, 3):
        await li.publish(channel, data)
    await room.shows(3)
    road.close()
    for data in numbers(4, 23):
        await li.publish(channel, data)
    road.open = True
    await room.shows(23)
    back = room.of("subscribed")[-1]
    assert (back.was_recovering, back.recovered) == (True, True)
    await zhang.publish(channel, {"n": 24})
    await room.shows(24)
    assert room.seen() == numbers(1, 24)


async def be_told_that_too_much_was_missed(cell: Cell) -> None:
    road = await cell.road()
    zhang = await cell.actor("zhang", road=road).connected()
    channel = cell.channel("short")
    room = await zhang.follow(channel)
    await cell.api("publish", channel=channel, data={"n": 1})
    await room.shows(1)
    road.close()
    for data in numbers(2, 20):
        await cell.api("publish", channel=channel, data=data)
    road.open = True
    await until("it is back", lambda: len(room.of("subscribed")) == 2)
    back = room.of("subscribed")[-1]
    assert (back.was_recovering, back.recovered) == (True, False)
    await cell.api("publish", channel=channel, data={"n": 21})
    await room.shows(2)
    assert room.seen() == [{"n": 1}, {"n": 21}]


async def be_given_the_latest_value(cell: Cell) -> None:
    road = await cell.road()
    zhang = await cell.actor("zhang", road=road).connected()
    channel = cell.channel("cache")
    room = await zhang.follow(channel)
    await cell.api("publish", channel=channel, data={"n": 1})
    await room.shows(1)
    road.close()
    for data in numbers(2, 9):
        await cell.api("publish", channel=channel, data=data)
    road.open = True
    await room.shows(2)
    assert room.seen() == [{"n": 1}, {"n": 9}]
    assert room.of("subscribed")[-1].recovered


CLIENTS = 16
"""So many that there are some on every worker: which one takes a connection is the kernel's choice."""


async def recover_after_a_workers_death(cell: Cell) -> None:
    """Kill a worker under its clients. Needs the server to itself."""
    actors = [await cell.actor(f"user{n}").connected() for n in range(CLIENTS)]
    channel = cell.channel("room")
    rooms: list[Room] = [await actor.follow(channel) for actor in actors]
    for data in numbers(1, 10):
        await cell.api("publish", channel=channel, data=data)
    for room in rooms:
        await room.shows(10)
    await asyncio.to_thread(cell.site.kill)
    if not cell.site.keeps:
        # Nothing can be recovered: what is said before they are back is missed.
        await until("they are back", lambda: all(len(room.of("subscribed")) == 2 for room in rooms))
    for data in numbers(11, 20):
        await cell.api("publish", channel=channel, data=data)
    for room in rooms:
        await until("the last", lambda: room.seen()[-1] == {"n": 20})  # noqa: B023 (awaited here)
    back = [room for room in rooms if len(room.of("subscribed")) > 1]
    assert back, "nobody was on the worker that died"
    assert all(room.of("subscribed")[-1].recovered == cell.site.keeps for room in back)
    if cell.site.keeps:
        assert all(room.seen() == numbers(1, 20) for room in rooms)
