from __future__ import annotations

import pytest
from msgspec import Raw

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.pushes import (
    Disconnect,
    End,
    Info,
    Message,
    Pub,
    Push,
    Renewal,
    Start,
    changed,
    farewell,
    info,
    pushed,
    shown,
)
from hubbub.dialects.payloads import as_json
from hubbub.errors import FORCE_DISCONNECT, SHUTDOWN
from hubbub.model import ClientInfo, Kind, Publication
from tests.contracts.dialect import CHANNEL, TOP
from tests.dialects.centrifuge.plain import NOTATION, payload, plain
from tests.dialects.test_fossil import apply


def test_a_publication_shows_what_the_protocol_has_fields_for() -> None:
    publication = Publication(b"x", Kind.TEXT, ClientInfo("u", "s"), {}, "s9", 1700, 7, 77)

    assert plain(shown(publication, payload)) == plain(
        Pub(Raw(b"<1 x>"), Info("u", "s"), 7, None, 1700)
    )


def test_what_an_application_says_of_a_client_is_on_one_line() -> None:
    found = info(ClientInfo("u", "s", b'{\n"a":1}', b"[\n]"))

    assert plain(found) == plain(Info("u", "s", Raw(b'{"a":1}'), Raw(b"[]")))


def test_a_publication_under_a_pattern_names_its_channel() -> None:
    found = shown(Publication(b"1", offset=7, channel="news:today"), payload)

    assert (found.channel, found.offset) == ("news:today", 7)


@pytest.mark.parametrize(
    ("push", "value"),
    [
        (
            say.Entered(say.Subscribed(CHANNEL, TOP, True, data=b"{}")),
            Push(CHANNEL, subscribe=Start(True, "e9", 7, True, Raw(b"{}"))),
        ),
        (say.Entered(say.Subscribed(CHANNEL, TOP)), Push(CHANNEL, subscribe=Start())),
        (say.Ended(CHANNEL, 2000, "why"), Push(CHANNEL, unsubscribe=End(2000, "why"))),
        (say.Renewed(60), Push(refresh=Renewal(True, 60))),
        (say.Renewed(), Push(refresh=Renewal())),
        (say.Emit("hi"), Push(message=Message(Raw(b'{"event":"hi","data":null}')))),
        (say.Emit("hi", (1,)), Push(message=Message(Raw(b'{"event":"hi","data":1}')))),
        (
            say.Emit("hi", (1, b"a")),
            Push(message=Message(Raw(b'{"event":"hi","data":[1,"YQ=="]}'))),
        ),
        (say.Emit("", ({"a": 1},)), Push(message=Message(Raw(b'{"a":1}')))),
        (say.Emit("", (b"a",)), Push(message=Message(Raw(b'"YQ=="')))),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_said_to_one_client(push: say.Push, value: Push) -> None:
    assert plain(pushed(push, as_json)) == plain(value)


def test_a_farewell_says_whether_to_come_back() -> None:
    assert plain(farewell(SHUTDOWN)) == plain(
        Push(disconnect=Disconnect(3001, "shutdown", reconnect=True))
    )
    assert plain(farewell(FORCE_DISCONNECT)) == plain(
        Push(disconnect=Disconnect(3503, "force disconnect"))
    )


@pytest.mark.parametrize(
    ("base", "delta"), [(None, False), (b"quite another", False), (b"x" * 60 + b"y", True)]
)
def test_a_change_is_shown_where_it_is_shorter(base: bytes | None, delta: bool) -> None:
    publication = Publication(b"x" * 61, Kind.TEXT, offset=7, tags={"a": "b"})
    pub = changed(publication, base, NOTATION)
    assert pub.delta is delta
    data = bytes(pub.data)[1:-1]
    assert (apply(b"<1 %b>" % base if base else b"", data) if delta else data) == b"<1 %b>" % (
        b"x" * 61
    )
    whole = shown(publication, payload)
    assert (pub.offset, pub.tags, pub.time) == (whole.offset, whole.tags, whole.time)
