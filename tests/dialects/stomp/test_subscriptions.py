from __future__ import annotations

import pytest

from hubbub.dialects.stomp.destinations import Place, Realm
from hubbub.dialects.stomp.renderer import BY_SERVER, Leg
from hubbub.dialects.stomp.subscriptions import (
    DESTINATION_LIMIT,
    ID_LIMIT,
    SUBSCRIPTIONS_LIMIT,
    Subscription,
    Subscriptions,
)
from hubbub.errors import ProtocolViolation

ROOM = Place(Realm.CHANNEL, "/topic/", "room")
SAME = Place(Realm.CHANNEL, "/channel/", "room")
ANSWERS = Place(Realm.ANSWERS, "/temp-queue/", "x")


def test_several_subscriptions_are_to_one_channel() -> None:
    known = Subscriptions()
    assert not known.follows("room")
    known.add(Subscription("a", ROOM, "room"))
    known.add(Subscription("b", SAME, "room", acks=True))
    assert known.legs("room") == (Leg("a"), Leg("b", "/channel/", acks=True))
    assert known.to(SAME) == known.get("b")
    assert known.remove("a").place == ROOM
    assert known.legs("room") == (Leg("b", "/channel/", acks=True),)
    known.remove("b")
    assert known.legs("room") == ()
    assert not known.follows("room")
    assert known.to(ROOM) is None


def test_a_subscription_of_the_servers_goes_on() -> None:
    known = Subscriptions()
    known.entered("room")
    assert known.follows("room")
    assert known.legs("room") == (BY_SERVER,)
    known.add(Subscription("a", ROOM, "room"))
    assert known.legs("room") == (Leg("a"),)
    assert known.ended("room")
    known.entered("room")
    known.remove("a")
    assert known.legs("room") == (BY_SERVER,)
    assert not known.ended("room")
    assert known.legs("room") == ()


def test_one_without_an_id_is_called_by_its_destination() -> None:
    known = Subscriptions()
    known.add(Subscription("", ROOM, "room"))
    known.add(Subscription("", SAME, "room"))
    with pytest.raises(ProtocolViolation):
        known.add(Subscription("", ROOM, "room"))
    known.remove("/topic/room")
    assert known.legs("room") == (Leg("", "/channel/"),)


def test_answers_are_in_no_channel() -> None:
    known = Subscriptions()
    known.add(Subscription("a", ANSWERS))
    assert not known.follows("x")
    assert known.remove("a").place == ANSWERS


def test_bounds() -> None:
    known = Subscriptions()
    with pytest.raises(ProtocolViolation, match="characters"):
        known.add(Subscription("a" * (ID_LIMIT + 1), ROOM, "room"))
    for realm in Realm:
        long = Place(realm, "/queue/", "a" * DESTINATION_LIMIT)
        with pytest.raises(ProtocolViolation, match="characters"):
            known.add(Subscription("a", long))
    for n in range(SUBSCRIPTIONS_LIMIT):
        known.add(Subscription(str(n), ROOM, "room"))
    with pytest.raises(ProtocolViolation, match="more than"):
        known.add(Subscription("more", ROOM, "room"))
    with pytest.raises(ProtocolViolation, match="already"):
        known.add(Subscription("1", ROOM, "room"))
    with pytest.raises(ProtocolViolation, match="no subscription"):
        known.remove("more")
