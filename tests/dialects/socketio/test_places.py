from __future__ import annotations

import pytest

from hubbub.dialects.socketio.places import NAMESPACES_LIMIT, Places
from hubbub.errors import ProtocolViolation


def test_a_channel_is_heard_of_where_it_was_asked_for() -> None:
    places = Places()
    assert (places.first(), places.of("a")) == ("", "")
    places.ask("/")
    assert places.of("a") == "/", "held back until it is let in"
    places.let_in("/")
    places.ask("/chat")
    assert places.follow("a", "/chat")
    assert not places.follow("a", "/")
    assert places.of("a") == "", "it is not let in there"
    places.let_in("/chat")
    assert (places.of("a"), places.of("b"), places.first()) == ("/chat", "/", "/")
    assert list(places) == [("/", True), ("/chat", True)]
    assert places.leave("/chat") == ["a"]
    places.forget("a")
    assert places.of("a") == "/"


def test_what_is_not_followed_is_not_recovered() -> None:
    places = Places()
    places.recovering = "a"
    places.forget("b")
    assert places.recovering == "a"
    places.forget("a")
    assert places.recovering == ""


def test_a_namespace_is_asked_for_once_and_before_it_is_used() -> None:
    places = Places()
    with pytest.raises(ProtocolViolation):
        places.check("/")
    places.ask("/")
    for wrong in (places.check, places.ask):
        with pytest.raises(ProtocolViolation):
            wrong("/")
    places.let_in("/")
    places.check("/")
    for number in range(NAMESPACES_LIMIT - 1):
        places.ask(f"/{number}")
    with pytest.raises(ProtocolViolation):
        places.ask("/more")
    assert len(places) == NAMESPACES_LIMIT
    places.clear()
    assert "/" not in places
