from __future__ import annotations

import pytest

from hubbub.dialects.stomp.destinations import Place, Realm, place_of


@pytest.mark.parametrize(
    ("destination", "place"),
    [
        ("/topic/room", Place(Realm.CHANNEL, "/topic/", "room")),
        ("/topic/a/b:c", Place(Realm.CHANNEL, "/topic/", "a/b:c")),
        ("/channel/room", Place(Realm.CHANNEL, "/channel/", "room")),
        ("/queue/work", Place(Realm.QUEUE, "/queue/", "work")),
        ("/user/li/queue/x", Place(Realm.USER, "/user/", "li/queue/x")),
        ("/app/say", Place(Realm.CALL, "/app/", "say")),
        ("/temp-queue/x", Place(Realm.ANSWERS, "/temp-queue/", "x")),
        ("/event/x", Place(Realm.EVENT, "/event/", "x")),
        ("/topic/", None),
        ("/app", None),
        ("/apple/x", None),
        ("room", None),
        ("", None),
    ],
)
def test_a_destination(destination: str, place: Place | None) -> None:
    assert place_of(destination) == place
    if place is not None:
        assert place.destination == destination


def test_the_applications_prefix_comes_first() -> None:
    assert place_of("/message/say", "/message") == Place(Realm.CALL, "/message/", "say")
    assert place_of("/topic/say", "/topic") == Place(Realm.CALL, "/topic/", "say")
    assert place_of("/app/say", "/message") is None


def test_a_queue_is_a_channel_of_its_own_namespace() -> None:
    assert Place(Realm.QUEUE, "/queue/", "work").channel == "queue:work"
    assert Place(Realm.CHANNEL, "/topic/", "work").channel == "work"


@pytest.mark.parametrize(
    ("destination", "user"),
    [("/user/li/queue/x", "li"), ("/user/li", "li"), ("/user/a%2Fb/x", "a/b")],
)
def test_who_is_sent_to(destination: str, user: str) -> None:
    place = place_of(destination)
    assert place is not None
    assert place.user == user
