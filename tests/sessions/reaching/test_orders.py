"""Orders to all nodes; what they do to sessions is shown in tests/http/api/test_sessions.py too."""

from __future__ import annotations

import msgspec
import pytest

from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import Answers, OrderFailed
from hubbub.sessions.reaching.orders import (
    ORDER,
    Disconnect,
    Follow,
    Order,
    Orders,
    Outcome,
    Refresh,
    Unsubscribe,
    Whom,
)
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor

ANN = Whom("ann")
ALL: list[Order] = [Disconnect(ANN), Unsubscribe(ANN), Follow(ANN, "room"), Refresh(ANN)]


def orders_of(place: Floor) -> tuple[Orders, Control]:
    control = Control(place.node.broker, "n1", place.node.clock)
    place.node.hub.admit(control.names, control)
    return Orders(place.services, control), control


async def come(place: Floor, user: str = "ann") -> Speaker:
    speaker = Speaker(place)
    await speaker.connect(data={"user": user})
    return speaker


@pytest.mark.parametrize("order", ALL, ids=[type(order).__name__ for order in ALL])
async def test_an_order_reaches_whom_it_means(order: Order) -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        await control.start()
        ann, bob = await come(place), await come(place, "bob")
        assert (await orders.give(order)).sessions == 1
        assert bob.pushes() == []
        assert (ann.code, bob.code) == (3503 if isinstance(order, Disconnect) else 0, 0)
        assert (await orders.give(order)).missing == []
        await control.close()


@pytest.mark.parametrize("order", ALL, ids=[type(order).__name__ for order in ALL])
async def test_an_order_that_means_nobody_does_nothing(order: Order) -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        await control.start()
        ann = await come(place)
        nobody = Whom("nobody", ann.session.id)
        assert (await orders.give(msgspec.structs.replace(order, whom=nobody))).sessions == 0
        assert (ann.code, ann.pushes()) == (0, [])
        await control.close()


def test_whom_is_nobody_where_nothing_is_said() -> None:
    assert not Whom()
    assert all((Whom("a"), Whom("", "b"), Whom("", "", "c")))


async def test_a_broker_that_is_away_is_told_and_the_session_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        await control.start()
        ann = await come(place)

        async def away(*_: object) -> None:
            raise BrokerUnavailable("Redis is away")

        monkeypatch.setattr(place.node.hub, "attach", away)
        with pytest.raises(Refused, match="Redis is away") as caught:
            await orders.give(Follow(ANN, "room"))
        assert caught.value.error.code == 100
        assert (ann.code, ann.session.following) == (0, {})

        async def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(place.node.hub, "attach", broken)
        assert await orders.give(Follow(ANN, "room")) == await orders.give(Follow(ANN, "room"))
        assert (await orders.give(Follow(ANN, "room"))).missing == ["n1"]
        await control.close()


async def test_a_node_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        said = {"n2": msgspec.msgpack.encode(Outcome(2)), "n3": b"\xc1"}

        async def ask_all(order: str, payload: bytes = b"", timeout_s: float = 5.0) -> Answers:
            assert order == ORDER
            return Answers(said, {"n4": "it knows no such order"}, ("n5",))

        monkeypatch.setattr(control, "ask_all", ask_all)
        met = await orders.give(Disconnect(ANN))
        assert (met.sessions, met.missing) == (2, ["n3", "n4", "n5"])


async def test_an_order_that_is_too_big_is_not_sent() -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        await control.start()
        with pytest.raises(OrderFailed):
            await orders.give(Follow(ANN, "room", data=b"x" * 5_000_000))
        await control.close()


async def test_all_channels_are_left_where_none_is_named() -> None:
    async with floor() as place:
        orders, control = orders_of(place)
        await control.start()
        ann = await come(place)
        await orders.give(Follow(ANN, "a"))
        await orders.give(Follow(ANN, "b"))
        await orders.give(Unsubscribe(ANN))
        await turn(3)
        pushes = [push for push in ann.pushes() if "unsubscribe" in push]
        assert [push["channel"] for push in pushes] == ["a", "b"]
        await control.close()
