from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.brokers.contract import Entry, Stored
from hubbub.errors import LIMIT_EXCEEDED, BrokerUnavailable, Refused
from hubbub.hub.channels import Channel, Phase
from hubbub.hub.following import Following
from hubbub.hub.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import Publication
from tests.fakes.clock import JumpingClock
from tests.fakes.moody_broker import MoodyBroker
from tests.hub.stage import PLAIN_LINES, Listener, turn

LINGER_S = 15.0


class Owner:
    """Another system that keeps what it is asked to follow (`hub.contract.Outlet`)."""

    def __init__(self, live: bool) -> None:
        self.live = live
        self.followed: list[str] = []
        self.broken = False

    def write(self, channel: str, publication: Publication) -> asyncio.Future[Stored]:
        raise AssertionError("nothing is written here")

    async def follow(self, channel: str) -> None:
        if self.broken:
            raise BrokerUnavailable("the other system is away")
        self.followed.append(channel)

    def unfollow(self, channel: str) -> None:
        if channel in self.followed:
            self.followed.remove(channel)


class Place:
    """A table of followed channels over a broker, with all that reached the node through the feed."""

    def __init__(self, namespaces: Namespaces, channel_limit: int) -> None:
        self.broker = MoodyBroker(JumpingClock())
        self.pushed = Owner(live=True)
        self.logged = Owner(live=False)
        self.live: list[str] = []
        self.fed: list[str] = []
        self.following = Following(
            self.broker,
            {"pushed": self.pushed, "logged": self.logged},
            namespaces,
            HubSettings(linger_s=LINGER_S, channel_limit=channel_limit),
            self._settle,
        )

    def _settle(self, channel: Channel) -> None:
        self.live.append(channel.name)
        if channel.settled is not None:
            channel.settled.set_result(None)

    def on_entry(self, channel: str, entry: Entry) -> None:
        self.fed.append(channel)

    def on_announcement(self, channel: str, payload: bytes) -> None:
        self.fed.append(channel)

    def on_restored(self) -> None:
        raise AssertionError("this feed is never interrupted")

    async def follow(self, name: str) -> Channel:
        channel = self.following.add(name)
        await self.following.establish(channel)
        return channel

    async def hears(self, name: str) -> bool:
        """Tell whether the broker's feed brings a channel to this node."""
        self.fed.clear()
        await self.broker.feed.announce(name, b"?")
        await turn()
        return self.fed == [name]


@asynccontextmanager
async def place(channel_limit: int = 10, presence: bool = True) -> AsyncIterator[Place]:
    namespaces = Namespaces(
        Namespace(),
        {
            "pushed": Namespace(source="pushed", presence=presence),
            "logged": Namespace(source="logged"),
            "typing": Namespace(ephemeral=True),
        },
    )
    made = Place(namespaces, channel_limit)
    await made.broker.start("n1", made)
    try:
        yield made
    finally:
        await made.broker.close()


async def test_a_channel_becomes_live_at_its_top_and_is_fed() -> None:
    async with place() as here:
        stored = await here.broker.log.publish("a", b"1", Namespace().retention)
        channel = await here.follow("a")

        assert channel.is_live()
        assert channel.position == stored.position
        assert here.live == ["a"]
        assert await here.hears("a")
        assert here.following.get("a") is channel


async def test_whoever_waits_is_woken_when_it_is_live() -> None:
    async with place() as here:
        channel = here.following.add("a")
        waiting = asyncio.ensure_future(here.following.settled(channel))
        await turn()
        assert not waiting.done()

        await here.following.establish(channel)
        await waiting


async def test_one_who_stops_waiting_does_not_stop_the_others() -> None:
    async with place() as here:
        channel = here.following.add("a")
        impatient = asyncio.ensure_future(here.following.settled(channel))
        patient = asyncio.ensure_future(here.following.settled(channel))
        await turn()
        impatient.cancel()
        await turn()

        await here.following.establish(channel)
        await patient


async def test_a_channel_that_cannot_be_followed_is_given_up_and_they_are_told() -> None:
    async with place() as here:
        here.broker.moody.away = True
        channel = here.following.add("a")
        waiting = asyncio.ensure_future(here.following.settled(channel))
        await turn()
        await here.following.establish(channel)

        with pytest.raises(BrokerUnavailable):
            await waiting
        assert here.following.get("a") is None
        assert not await here.hears("a")


async def test_a_source_that_is_away_is_told_like_a_broker_that_is_away() -> None:
    async with place() as here:
        here.pushed.broken = True
        channel = await here.follow("pushed:a")

        with pytest.raises(BrokerUnavailable, match="other system"):
            await here.following.settled(channel)
        assert len(here.following) == 0


async def test_an_interrupted_feed_while_syncing_makes_it_look_again() -> None:
    async with place() as here:
        here.broker.moody.slow = asyncio.Event()
        channel = here.following.add("a")
        work = asyncio.ensure_future(here.following.establish(channel))
        await turn()
        assert channel.phase is Phase.SYNCING
        stored = await here.broker.log.publish("a", b"1", Namespace().retention)
        channel.suspect = True
        here.broker.moody.slow.set()
        await work

        assert channel.position == stored.position


@pytest.mark.parametrize(
    ("name", "logged", "fed", "owner"),
    [
        ("a", True, True, "nobody"),
        ("typing:a", False, True, "nobody"),
        ("logged:a", True, True, "nobody"),
        ("pushed:a", False, True, "pushed"),
    ],
)
async def test_who_brings_a_channels_messages(
    name: str, logged: bool, fed: bool, owner: str
) -> None:
    async with place() as here:
        channel = await here.follow(name)

        assert here.following.is_logged(channel) is logged
        assert (channel in here.following.logged()) is logged
        assert await here.hears(name) is fed
        assert here.pushed.followed == ([name] if owner == "pushed" else [])


async def test_a_foreign_channel_without_presence_needs_nothing_of_the_broker() -> None:
    async with place(presence=False) as here:
        await here.follow("pushed:a")

        assert not await here.hears("pushed:a")


async def test_dropping_a_channel_leaves_nothing_subscribed() -> None:
    async with place() as here:
        for name in ("a", "pushed:a"):
            here.following.drop(await here.follow(name))

        assert len(here.following) == 0
        assert here.pushed.followed == []
        assert not await here.hears("a")
        assert not await here.hears("pushed:a")


async def test_a_channel_with_nobody_is_dropped_after_the_linger_time_and_not_before() -> None:
    async with place() as here:
        channel = await here.follow("a")
        here.following.check_vacancy(channel, 100.0)

        here.following.drop_vacant(100.0 + LINGER_S - 0.1)
        assert here.following.get("a") is channel
        here.following.drop_vacant(100.0 + LINGER_S)
        assert here.following.get("a") is None


@pytest.mark.parametrize("who", ["a subscriber", "somebody arriving"])
async def test_whoever_comes_meanwhile_keeps_the_channel(who: str) -> None:
    async with place() as here:
        channel = await here.follow("a")
        here.following.check_vacancy(channel, 100.0)
        if who == "a subscriber":
            channel.audience.add(PLAIN_LINES, "s1", Listener("ann").write)
        else:
            channel.arriving += 1
        here.following.check_vacancy(channel, 101.0)

        here.following.drop_vacant(1000.0)

        assert here.following.get("a") is channel


async def test_a_channel_that_heals_is_not_dropped() -> None:
    async with place() as here:
        channel = await here.follow("a")
        here.following.check_vacancy(channel, 100.0)
        channel.phase = Phase.HEALING

        here.following.drop_vacant(1000.0)

        assert here.following.get("a") is channel


async def test_the_vacancy_of_a_former_channel_says_nothing_about_its_successor() -> None:
    async with place() as here:
        former = await here.follow("a")
        here.following.drop(former)
        successor = await here.follow("a")
        here.following.check_vacancy(former, 100.0)

        here.following.drop_vacant(1000.0)

        assert here.following.get("a") is successor


async def test_a_node_follows_so_many_channels_and_no_more() -> None:
    async with place(channel_limit=2) as here:
        await here.follow("a")
        await here.follow("b")
        with pytest.raises(Refused) as refused:
            here.following.add("c")

        assert refused.value.error is LIMIT_EXCEEDED
        assert sorted(channel.name for channel in here.following) == ["a", "b"]
