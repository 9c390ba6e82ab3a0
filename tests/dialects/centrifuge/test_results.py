from __future__ import annotations

import pytest
from msgspec import Raw

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.pushes import VERSION, Pub, info
from hubbub.dialects.centrifuge.results import (
    ConnectResult,
    Empty,
    ErrorResult,
    HistoryResult,
    PresenceResult,
    PresenceStatsResult,
    RefreshResult,
    Result,
    RpcResult,
    SubRefreshResult,
    SubscribeResult,
    result,
)
from hubbub.errors import INTERNAL, PERMISSION_DENIED
from hubbub.model import Kind, Position, Publication
from tests.contracts.dialect import CHANNEL, SOME, TOP, ZHANG
from tests.dialects.centrifuge.plain import NOTATION, plain
from tests.dialects.test_fossil import apply

SHOWN = [
    Pub(Raw(b'<0 {"a": 1}>'), info(ZHANG), 6, None, 1000),
    Pub(Raw(b"<1 hello>"), None, 7, {"k": "v"}, 1001),
]
ASKED = Position("e9", 5)


@pytest.mark.parametrize(
    ("reply", "key", "value"),
    [
        (say.Connected("s1", 25), "connect", ConnectResult("s1", VERSION, 25, True)),
        (say.Connected("s1"), "connect", ConnectResult("s1", VERSION)),
        (
            say.Connected(
                "s1", 0, 60, b'{"a": 1}', {"c": say.Subscribed("c", TOP, True)}, "n1", "s3cret"
            ),
            "connect",
            ConnectResult(
                "s1",
                VERSION,
                expires=True,
                ttl=60,
                data=Raw(b'{"a": 1}'),
                subs={"c": SubscribeResult(True, "e9", [], False, 7, True)},
                session="s3cret",
                node="n1",
            ),
        ),
        (say.Refreshed("s1", 60), "refresh", RefreshResult("s1", VERSION, True, 60)),
        (say.Refreshed("s1"), "refresh", RefreshResult("s1", VERSION)),
        (say.SubRefreshed("c", 60), "sub_refresh", SubRefreshResult(True, 60)),
        (say.SubRefreshed("c"), "sub_refresh", SubRefreshResult()),
        (say.Answered(b"[1]"), "rpc", RpcResult(Raw(b"<0 [1]>"))),
        (say.Answered(), "rpc", RpcResult()),
        (
            say.Subscribed(CHANNEL, TOP, ttl_s=9, data=b"{}", delta=True),
            "subscribe",
            SubscribeResult(expires=True, ttl=9, data=Raw(b"{}"), delta=True),
        ),
        (
            say.Subscribed(CHANNEL, TOP, True, ttl_s=9, data=b"{}", delta=True),
            "subscribe",
            SubscribeResult(
                True, "e9", [], False, 7, True, expires=True, ttl=9, data=Raw(b"{}"), delta=True
            ),
        ),
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
    ids=lambda value: type(value).__name__,
)
def test_a_reply_means_a_result(reply: say.Reply, key: str, value: Result) -> None:
    found_key, found = result(reply, NOTATION)

    assert found_key == key
    assert repr(found) == repr(value) or plain(found) == plain(value)


def test_what_was_missed_is_shown_as_changes_of_each_other() -> None:
    texts = ["a" * 50, "a" * 50 + "b", "a" * 50 + "c"]
    missed = [
        Publication(text.encode(), Kind.TEXT, base=b"unknown", offset=n)
        for n, text in enumerate(texts)
    ]
    missed += [Publication(texts[2].encode(), offset=3)]
    _, found = result(say.Subscribed("c", TOP, True, ASKED, True, "", missed, delta=True), NOTATION)
    assert isinstance(found, SubscribeResult)
    data = [bytes(pub.data) for pub in found.publications]
    assert [pub.delta for pub in found.publications] == [False, True, True, False]
    assert data[0] == b"'<1 %b>'" % missed[0].data
    assert apply(b"<1 %b>" % missed[0].data, data[1][1:-1]) == b"<1 %b>" % missed[1].data
    assert apply(b"<1 %b>" % missed[1].data, data[2][1:-1]) == b"<1 %b>" % missed[2].data
    assert data[3] == b"'<0 %b>'" % missed[3].data
