"""PyPI `cent`, the server's side of the SDKs, as it is published, on each engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count

import cent
import pytest

from tests.clients.engines import Site
from tests.clients.python_cell import Cell, until

_numbers = count(1)


@pytest.fixture
async def api(served: Site) -> AsyncIterator[cent.AsyncClient]:
    async with cent.AsyncClient(address(served), api_key=served.key) as client:
        yield client


@pytest.fixture
async def cell(served: Site) -> AsyncIterator[Cell]:
    async with AsyncExitStack() as stack:
        yield Cell(served, stack, binary=False)


@pytest.fixture
def user() -> str:
    """Return a user whom nobody else is."""
    return f"user-{next(_numbers)}"


def address(served: Site) -> str:
    return f"http://127.0.0.1:{served.served.port}/api"


async def members(api: cent.AsyncClient, channel: str) -> set[str]:
    found = await api.presence(cent.PresenceRequest(channel=channel))
    return {each.user for each in found.presence.values()}


async def test_publications_are_kept_paged_and_removed(api: cent.AsyncClient, cell: Cell) -> None:
    channel = cell.channel("room")
    for n in range(1, 6):
        done = await api.publish(
            cent.PublishRequest(
                channel=channel, data={"n": n}, idempotency_key=f"{n}", tags={"n": f"{n}"}
            )
        )
        assert done.offset == n
    again = await api.publish(
        cent.PublishRequest(channel=channel, data={"n": 5}, idempotency_key="5", tags={"n": "5"})
    )
    assert again.offset == 5
    top = await api.history(cent.HistoryRequest(channel=channel))
    assert (top.offset, top.publications) == (5, [])
    since = cent.StreamPosition(offset=2, epoch=top.epoch)
    page = await api.history(cent.HistoryRequest(channel=channel, limit=2, since=since))
    assert [(each.offset, each.data, each.tags) for each in page.publications] == [
        (3, {"n": 3}, {"n": "3"}),
        (4, {"n": 4}, {"n": "4"}),
    ]
    last = await api.history(cent.HistoryRequest(channel=channel, limit=1, reverse=True))
    assert [each.offset for each in last.publications] == [5]
    await api.history_remove(cent.HistoryRemoveRequest(channel=channel))
    gone = await api.history(cent.HistoryRequest(channel=channel, limit=10))
    assert (gone.publications, gone.offset) == ([], 5)


async def test_a_broadcast_reaches_all_its_channels(api: cent.AsyncClient, cell: Cell) -> None:
    zhang = await cell.actor("zhang").connected()
    channels = [cell.channel("room") for _ in range(3)]
    rooms = [await zhang.follow(channel) for channel in channels]
    sent = await api.broadcast(cent.BroadcastRequest(channels=[*channels, "nowhere:x"], data="hi"))
    assert [each.error.code if each.error else 0 for each in sent.responses] == [0, 0, 0, 102]
    for room in rooms:
        await room.shows(1)
        assert room.seen() == ["hi"]


async def test_somebody_is_subscribed_moved_and_sent_away(
    api: cent.AsyncClient, cell: Cell, user: str
) -> None:
    phone, laptop = [await cell.actor(user).connected() for _ in range(2)]
    channel = cell.channel("private")
    await api.subscribe(
        cent.SubscribeRequest(user=user, channel=channel, info={"chair": 3}, data={"why": "hired"})
    )
    for actor in (phone, laptop):
        assert (await actor.first("subscribed")).data == {"why": "hired"}
    while len((found := await api.presence(cent.PresenceRequest(channel=channel))).presence) < 2:
        await asyncio.sleep(0.01)  # a node's write may still be on its way to the broker
    assert [each.chan_info for each in found.presence.values()] == [{"chair": 3}] * 2
    stats = await api.presence_stats(cent.PresenceStatsRequest(channel=channel))
    assert (stats.num_clients, stats.num_users) == (2, 1)
    client = laptop.of("connected")[0].client
    await api.unsubscribe(cent.UnsubscribeRequest(user=user, channel=channel, client=client))
    await laptop.first("unsubscribed")
    assert phone.of("unsubscribed") == []
    fired = cent.Disconnect(code=4501, reason="fired")
    await api.disconnect(cent.DisconnectRequest(user=user, whitelist=[client], disconnect=fired))
    ended = await phone.first("disconnected")
    assert (ended.code, ended.reason) == (4501, "fired")
    assert laptop.of("disconnected") == []
    await api.disconnect(cent.DisconnectRequest(user=user))
    assert (await laptop.first("disconnected")).code == 3503


async def test_a_connection_is_refreshed_and_expired(
    api: cent.AsyncClient, cell: Cell, user: str
) -> None:
    actor = await cell.actor(user).connected()
    await api.refresh(cent.RefreshRequest(user=user, expire_at=int(time.time()) + 600))
    await actor.client.history(cell.channel("room"))
    await api.refresh(cent.RefreshRequest(user=user, expired=True))
    await until("it had to come back", lambda: len(actor.of("connecting")) == 2)
    assert actor.of("connecting")[1].code == 3005


async def test_what_there_is_can_be_listed(api: cent.AsyncClient, cell: Cell) -> None:
    zhang = await cell.actor("zhang").connected()
    channel = cell.channel("room")
    await zhang.follow(channel)
    listed = await api.channels(cent.ChannelsRequest(pattern=channel))
    assert {name: each.num_clients for name, each in listed.channels.items()} == {channel: 1}
    info = await api.info(cent.InfoRequest())
    assert len(info.nodes) == (2 if cell.site.engine == "redis" else 1)
    assert sum(node.num_clients for node in info.nodes) >= 1


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_batch_is_answered_in_its_order(
    api: cent.AsyncClient, cell: Cell, parallel: bool
) -> None:
    channel = cell.channel("room")
    publish = [cent.PublishRequest(channel=channel, data={"n": n}) for n in range(3)]
    answers = await api.batch(cent.BatchRequest(requests=publish, parallel=parallel))
    stored = [each for each in answers.replies if isinstance(each, cent.PublishResult)]
    assert sorted(each.offset for each in stored) == [1, 2, 3]
    both = [cent.HistoryRequest(channel=channel, limit=10), cent.InfoRequest()]
    kinds = [type(each) for each in (await api.batch(cent.BatchRequest(requests=both))).replies]
    assert kinds == [cent.HistoryResult, cent.InfoResult]


async def test_mistakes_are_told(api: cent.AsyncClient, served: Site) -> None:
    with pytest.raises(cent.CentApiResponseError) as unknown:
        await api.publish(cent.PublishRequest(channel="nowhere:x", data={}))
    assert unknown.value.code == 102
    with pytest.raises(cent.CentApiResponseError) as bad:
        await api.publish(cent.PublishRequest(channel="", data={}))
    assert bad.value.code == 107
    async with cent.AsyncClient(address(served), api_key="a-key-of-somebody") as stranger:
        with pytest.raises(cent.CentUnauthorizedError):
            await stranger.info(cent.InfoRequest())


def test_the_waiting_client_works_as_well(served: Site) -> None:
    client = cent.Client(address(served), api_key=served.key)
    done = client.publish(cent.PublishRequest(channel="room:sync", data={"n": 1}))
    assert done.offset >= 1
    page = client.history(cent.HistoryRequest(channel="room:sync", limit=1, reverse=True))
    assert page.publications[0].data == {"n": 1}
