from __future__ import annotations

from hubbub.hub.queues.claims import DONE, Claims, claim_field
from hubbub.hub.queues.consumer import Consumer
from hubbub.hub.queues.possession import Fate, Possession
from tests.hub.stage import Stage, stage


def made(place: Stage, node: str = "n1") -> tuple[Possession, Claims, Consumer]:
    claims = Claims(place.broker.records, "q", node)
    consumer = Consumer(lambda _: None, lambda: True, acks=True, prefetch=9)
    return Possession(claims, node), claims, consumer


async def test_what_is_held_is_settled_when_it_is_let_go() -> None:
    async with stage() as place:
        mine, claims, consumer = made(place)
        assert await mine.claim([1, 2]) == [True, True]
        for offset in (1, 2):
            mine.hold(offset, consumer)
        mine.let_go(consumer, [1], Fate.DONE)
        mine.let_go(consumer, [2], Fate.FREE)
        assert not consumer.held
        assert 1 in mine
        assert not mine.is_settled()
        await mine.settle_all()
        assert mine.is_settled()
        assert 1 not in mine
        assert (await claims.look()).claims == {1: DONE}


async def test_what_nobody_here_knows_of_is_freed() -> None:
    async with stage() as place:
        mine, claims, consumer = made(place)
        _, others, _ = made(place, "n2")
        assert await mine.claim([1])
        mine.hold(1, consumer)
        assert await claims.claim(2)
        assert await others.claim(3)
        assert await mine.free_stale(await claims.look(), {"n1", "n2"}) == {2}
        assert await mine.free_stale(await claims.look(), {"n1"}) == {3}
        assert (await claims.look()).claims == {1: b"n1"}


async def test_another_life_of_the_queue_has_other_messages() -> None:
    async with stage() as place:
        mine, _, consumer = made(place)
        mine.hold(1, consumer)
        mine.leave(2, Fate.DONE)
        mine.clear()
        assert not consumer.held
        assert mine.is_settled()
        assert claim_field("e", 1) == "e:c:1"
