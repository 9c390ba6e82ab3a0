from __future__ import annotations

import json

import pytest

from hubbub.dialects.contract import Connected
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.introduction import Beats, beats_of, connected, introduction
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import ProtocolViolation

V1_0, V1_1, V1_2 = Version
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJsaSJ9.c2lnbmF0dXJl"


def connect(**headers: str) -> Frame:
    return Frame("CONNECT", {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("headers", "user", "token", "data"),
    [
        ({}, "", "", {}),
        ({"login": "li", "passcode": "guest"}, "li", "", {"login": "li", "passcode": "guest"}),
        ({"login": "li", "passcode": JWT}, "li", JWT, {"login": "li"}),
        ({"token": "t", "passcode": JWT}, "", "t", {"passcode": JWT}),
        ({"Authorization": f"Bearer {JWT}"}, "", JWT, {}),
        ({"authorization": "opaque"}, "", "opaque", {}),
        (
            {"host": "h", "accept_version": "1.2", "heart_beat": "1,1", "age": "7"},
            "",
            "",
            {"age": "7"},
        ),
    ],
)
def test_who_a_client_says_it_is(
    headers: dict[str, str], user: str, token: str, data: dict[str, str]
) -> None:
    said = introduction(connect(**headers), 5, "")
    assert (said.id, said.user, said.token) == (5, user, token)
    assert (json.loads(said.data) if said.data else {}) == data


def test_the_address_names_the_user_where_the_frame_does_not() -> None:
    assert introduction(connect(), 1, "ann").user == "ann"
    assert introduction(connect(login="li"), 1, "ann").user == "li"


@pytest.mark.parametrize(
    ("written", "version", "beats"),
    [
        (None, V1_2, Beats()),
        ("10000,5000", V1_2, Beats(10000, 5000)),
        (" 0 , 5000 ", V1_1, Beats(0, 5000)),
        ("10000,5000", V1_0, Beats()),
        ("9" * 40 + ",0", V1_2, Beats(2**31 - 1, 0)),
    ],
)
def test_heart_beats_are_asked_for(written: str | None, version: Version, beats: Beats) -> None:
    frame = connect() if written is None else connect(heart_beat=written)
    assert beats_of(frame, version) == beats


@pytest.mark.parametrize("written", ["", "1", "1,2,3", "a,b", "-1,0", "1.5,0"])
def test_other_heart_beats_break_the_protocol(written: str) -> None:
    with pytest.raises(ProtocolViolation, match="two numbers"):
        beats_of(connect(heart_beat=written), V1_2)


def test_heart_beats_are_agreed_on() -> None:
    assert Beats(10_000, 5_000).agreed(25) == Beats(25_000, 26_000)
    assert Beats(40_000, 0).agreed(25) == Beats(40_000, 0)
    assert Beats(10_000, 10_000).agreed(0) == Beats()


def test_what_the_client_is_told() -> None:
    reply = Connected("n.s", 25, 60, b'{"a":\n1}', user="li")
    assert dict(connected(V1_2, reply, Beats(25_000, 26_000))) == {
        "version": "1.2",
        "heart-beat": "26000,25000",
        "server": "hubbub",
        "session": "n.s",
        "user-name": "li",
        "x-ttl": "60",
        "x-data": '{"a":1}',
    }
    assert dict(connected(V1_0, Connected("n.s"), Beats())) == {
        "version": "1.0",
        "server": "hubbub",
        "session": "n.s",
    }
