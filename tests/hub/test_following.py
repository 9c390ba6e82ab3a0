from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import Stored
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.channels import Channel, Phase
from hubbub.hub.following import Following
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import Publication
from tests.fakes.clock import JumpingClock
from tests.fakes.moody_broker import MoodyBroker
from tests.hub.test_membership import Ears


class Owner:
    """Another system that owns channels and notes who is listened to."""

    live = True

    def __init__(self) -> None:
        self.heard: list[str] = []

    def write(self, channel: str, publication: Publication) -> asyncio.Future[Stored]:
        raise AssertionError("following writes nothing")

    async def follow(self, channel: str) -> None:
        self.heard.append(channel)

    def unfollow(self, channel: str) -> None:
        self.heard.remove(channel)


FOREIGN = Namespace(source="owner", presence=False)


async def place() -> tuple[Following, MoodyBroker, Owner, list[Channel]]:
    broker, owner, settled = MoodyBroker(JumpingClock()), Owner(), list[Channel]()
    await broker.start("n1", Ears())
    namespaces = Namespaces(named={"owned": FOREIGN})
    settings = HubSettings(channel_limit=3, linger_s=10)
    return (
        Following(broker, {"owner": owner}, namespaces, settings, settled.append),
        broker,
        owner,
        settled,
    )


async def test_a_channel_becomes_live_at_the_logs_top() -> None:
    following, broker, _, settled = await place()
    top = (await broker.log.publish("room", b"x", Namespace().retention)).position
    channel = following.add("room")
    assert channel.phase is Phase.SUBSCRIBING
    await following.establish(channel)
    assert (channel.phase, channel.position, settled) == (Phase.LIVE, top, [channel])
    assert following.logged() == [channel]


async def test_one_that_cannot_be_followed_is_forgotten_and_who_waits_is_told() -> None:
    following, broker, _, settled = await place()
    broker.moody.away = True
    channel = following.add("room")
    waiting = asyncio.create_task(following.settled(channel))
    await asyncio.sleep(0)
    await following.establish(channel)
    with pytest.raises(BrokerUnavailable):
        await waiting
    with pytest.raises(BrokerUnavailable):
        await following.settled(channel)
    assert (len(following), settled) == (0, [])


async def test_a_foreign_channel_is_heard_from_its_owner_and_has_no_log() -> None:
    following, _, owner, _ = await place()
    channel = following.add("owned:x")
    await following.establish(channel)
    assert (owner.heard, following.logged(), channel.is_live()) == (["owned:x"], [], True)
    following.drop(channel)
    assert (owner.heard, following.get("owned:x")) == ([], None)


async def test_vacant_channels_are_dropped_after_the_linger_time_unless_somebody_comes() -> None:
    following, _, _, _ = await place()
    for name in ("a", "b"):
        await following.establish(following.add(name))
    for channel in following:
        following.check_vacancy(channel, now=100.0)
    following.drop_vacant(109.9)
    assert len(following) == 2
    b = following.get("b")
    assert b is not None
    b.arriving = 1
    following.check_vacancy(b, now=109.9)
    following.drop_vacant(110.0)
    assert [channel.name for channel in following] == ["b"]


async def test_bounds_and_names() -> None:
    following, _, _, _ = await place()
    for name in ("a", "b", "c"):
        following.add(name)
    with pytest.raises(Refused, match="as many channels"):
        following.add("d")
    with pytest.raises(Refused, match="not a channel name"):
        following.add("")
