from __future__ import annotations

import pytest
from msgspec import Raw

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.results import (
    ConnectResult,
    Empty,
    ErrorResult,
    HistoryResult,
    Info,
    PresenceResult,
    PresenceStatsResult,
    Pub,
    Result,
    SubscribeResult,
    info,
    result,
    shown,
)
from hubbub.errors import INTERNAL, PERMISSION_DENIED
from hubbub.model import ClientInfo, Kind, Position, Publication
from tests.contracts.dialect import CHANNEL, SOME, TOP, ZHANG


def payload(data: bytes, kind: Kind) -> bytes:
    """Show a payload in a coding of this test's own."""
    return b"<%d %b>" % (kind, data)


SHOWN = [
    Pub(Raw(b'<0 {"a": 1}>'), info(ZHANG), 6, None, 1000),
    Pub(Raw(b"<1 hello>"), None, 7, {"k": "v"}, 1001),
]
ASKED = Position("e9", 5)


@pytest.mark.parametrize(
    ("reply", "key", "value"),
    [
        (say.Connected("s1", 25), "connect", ConnectResult("s1", 25, True)),
        (say.Connected("s1"), "connect", ConnectResult("s1")),
        (say.Subscribed(CHANNEL, TOP), "subscribe", SubscribeResult()),
        (
            say.Subscribed(CHANNEL, TOP, asked=ASKED, reason="ephemeral"),
            "subscribe",
            SubscribeResult(was_recovering=True),
        ),
        (
            say.Subscribed(CHANNEL, TOP, True),
            "subscribe",
            SubscribeResult(True, "e9", [], False, 7, True),
        ),
        (
            say.Subscribed(CHANNEL, TOP, True, ASKED, True, "", SOME),
            "subscribe",
            SubscribeResult(True, "e9", SHOWN, True, 5, True, True),
        ),
        (
            say.Subscribed(CHANNEL, TOP, True, TOP, True),
            "subscribe",
            SubscribeResult(True, "e9", [], True, 7, True, True),
        ),
        (
            say.Subscribed(CHANNEL, TOP, True, Position("e8", 5), False, "epoch"),
            "subscribe",
            SubscribeResult(True, "e9", [], False, 7, True, True),
        ),
        (say.Unsubscribed(CHANNEL), "unsubscribe", Empty()),
        (say.Published(CHANNEL, TOP), "publish", Empty()),
        (say.HistoryPage(CHANNEL, SOME, TOP), "history", HistoryResult(SHOWN, "e9", 7)),
        (
            say.Members(CHANNEL, {"s1": ZHANG}),
            "presence",
            PresenceResult({"s1": info(ZHANG)}),
        ),
        (say.Counts(CHANNEL, 3, 2), "presence_stats", PresenceStatsResult(3, 2)),
        (say.Failed(PERMISSION_DENIED), "error", ErrorResult(103, "permission denied")),
        (say.Failed(INTERNAL, "away"), "error", ErrorResult(100, "away", True)),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_reply_means_a_result(reply: say.Reply, key: str, value: Result) -> None:
    found_key, found = result(reply, payload)

    assert found_key == key
    assert repr(found) == repr(value) or plain(found) == plain(value)


def plain(value: object) -> object:
    """Return a result with the raw parts, which compare by identity, as bytes."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    fields: tuple[str, ...] = getattr(value, "__struct_fields__", ())
    if fields:
        return type(value), {name: plain(getattr(value, name)) for name in fields}
    return value


def test_a_publication_shows_what_the_protocol_has_fields_for() -> None:
    publication = Publication(b"x", Kind.TEXT, ClientInfo("u", "s"), {}, "s9", 1700, 7, 77)

    assert plain(shown(publication, payload)) == plain(
        Pub(Raw(b"<1 x>"), Info("u", "s"), 7, None, 1700)
    )


def test_what_an_application_says_of_a_client_is_on_one_line() -> None:
    found = info(ClientInfo("u", "s", b'{\n"a":1}', b"[\n]"))

    assert plain(found) == plain(Info("u", "s", Raw(b'{"a":1}'), Raw(b"[]")))
