from __future__ import annotations

import json

import msgspec
import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.socketio import answers
from hubbub.errors import INTERNAL, NORMAL, PERMISSION_DENIED, Close
from hubbub.model import ClientInfo, Kind, Position, Publication

TOP = Position("e9", 7, 77)
ZHANG = ClientInfo("zhang", "s1", b'{"n":1}')


def plain(value: object) -> object:
    return json.loads(msgspec.json.encode(value))


PLACE = {"channel": "room", "epoch": "e9", "offset": 7, "position": "e9.7.77"}


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (say.Subscribed("room", TOP, True), {**PLACE, "recoverable": True}),
        (
            say.Subscribed("room", TOP, True, TOP, False, "gap", (), 60, b'{"a":1}'),
            {
                **PLACE,
                "recoverable": True,
                "recovered": False,
                "reason": "gap",
                "ttl_s": 60,
                "data": {"a": 1},
            },
        ),
        (say.Unsubscribed("room"), {"channel": "room"}),
        (say.Published("room", TOP), {"offset": 7, "position": "e9.7.77"}),
        (say.Published("room", Position("", 0)), {"offset": 0, "position": ""}),
        (say.Counts("room", 3, 2), {"channel": "room", "clients": 3, "users": 2}),
        (
            say.Members("room", {"s1": ZHANG}),
            {
                "channel": "room",
                "members": [{"user": "zhang", "session": "s1", "conn_info": {"n": 1}}],
            },
        ),
        (say.Refreshed("s1", 60), {"ttl_s": 60}),
        (say.Answered(b'{"a":1}'), {"a": 1}),
        (say.Answered(b"hi", Kind.TEXT), "hi"),
        (say.Failed(PERMISSION_DENIED), {"error": {"code": 103, "message": "permission denied"}}),
        (
            say.Failed(INTERNAL, "why"),
            {"error": {"code": 100, "message": "why", "temporary": True}},
        ),
        (say.Greeting("n", 1, 1), None),
    ],
)
def test_an_acknowledgement_says_what_came_of_it(reply: say.Reply, told: object) -> None:
    assert plain(answers.answer("/", reply)) == told


def test_a_page_shows_events_and_bytes() -> None:
    pages = (
        Publication(b"[1,2]", tags={"event": "say", "args": "many"}, offset=6, tag=66, time=9),
        Publication(b"\xff", Kind.BINARY, ZHANG, offset=7, tag=77, time=10),
    )
    told = answers.answer("/chat", say.HistoryPage("chat:room", pages, TOP))
    assert told["channel"] == "room"
    assert told["position"] == "e9.7.77"
    first, second = told["publications"]
    assert plain(first) == {
        "channel": "room",
        "event": "say",
        "args": "many",
        "data": [1, 2],
        "offset": 6,
        "tag": 66,
        "time": 9,
    }
    assert second["data"] == b"\xff"
    assert second["sender"]["user"] == "zhang"


def test_bytes_are_answered_as_bytes() -> None:
    assert answers.answer("/", say.Answered(b"\xff", Kind.BINARY)) == b"\xff"


def test_what_the_server_says_by_itself() -> None:
    assert answers.unsubscribed("/chat", say.Ended("chat:room", 2000, "why")) == {
        "channel": "room",
        "code": 2000,
        "reason": "why",
    }
    assert answers.resync("/", say.Resync("room", TOP, "gap")) == {
        "channel": "room",
        "epoch": "e9",
        "position": "e9.7.77",
        "reason": "gap",
    }
    assert plain(answers.connected(say.Connected("s1", ttl_s=5, data=b"[1]"), "p1")) == {
        "sid": "s1",
        "pid": "p1",
        "ttl_s": 5,
        "data": [1],
    }
    assert answers.connected(say.Connected("s1"), "s1") == {"sid": "s1", "pid": "s1"}
    assert answers.connect_error(109, "token expired") == {
        "message": "token expired",
        "data": {"code": 109},
    }
    assert answers.reason(Close(3500, "invalid token")) == "invalid token"
    assert answers.reason(NORMAL) == "the server closed with 1000"
