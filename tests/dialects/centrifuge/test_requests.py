from __future__ import annotations

import pytest
from msgspec import Raw

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.requests import (
    Call,
    ConnectRequest,
    HistoryRequest,
    Known,
    PresenceRequest,
    PresenceStatsRequest,
    PublishRequest,
    RefreshRequest,
    Request,
    RpcRequest,
    SendRequest,
    Since,
    SubRefreshRequest,
    SubscribeRequest,
    UnsubscribeRequest,
)
from hubbub.dialects.filters import FilterNode, TagFilter
from hubbub.errors import BAD_REQUEST_ERROR, NOT_AVAILABLE, ErrorCode, ProtocolViolation
from hubbub.model import Position


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (ConnectRequest(), say.Connect(5)),
        (
            ConnectRequest("t", Raw(b'{"user":"zhang"}')),
            say.Connect(5, "zhang", "t", b'{"user":"zhang"}'),
        ),
        (ConnectRequest("", Raw(b"null")), say.Connect(5)),
        (SubscribeRequest("c"), say.Subscribe("c", 5)),
        (SubscribeRequest("c", epoch="e9", offset=7), say.Subscribe("c", 5)),
        (
            SubscribeRequest("c", "t", True, "e9", 7, Raw(b"{}"), True, 3),
            say.Subscribe("c", 5, Position("e9", 7), 0, True, True, "t", b"{}"),
        ),
        (SubscribeRequest("c", recover=True), say.Subscribe("c", 5, Position("", 0))),
        (SubscribeRequest("c", flag=1), say.Subscribe("c", 5)),
        (SubscribeRequest("c", type=1), say.Unsupported(5, NOT_AVAILABLE)),
        (
            SubscribeRequest("c", tf=FilterNode(key="a", cmp="eq", val="x")),
            say.Subscribe("c", 5, filter=TagFilter("", "a", "eq", "x")),
        ),
        (
            SubscribeRequest("c", tf=FilterNode("not")),
            say.Unsupported(5, ErrorCode(107, "bad request: 'not' has exactly one node")),
        ),
        (UnsubscribeRequest("c"), say.Unsubscribe("c", 5)),
        (PublishRequest("c", Raw(b"[1]")), say.Publish("c", b"[1]", id=5)),
        (PublishRequest("c", Raw(b"null")), say.Publish("c", b"null", id=5)),
        (PublishRequest("c"), say.Unsupported(5, BAD_REQUEST_ERROR)),
        (PublishRequest("c", Raw(b"1"), 1), say.Unsupported(5, NOT_AVAILABLE)),
        (PublishRequest("c", removed=True), say.Unsupported(5, NOT_AVAILABLE)),
        (PresenceRequest("c"), say.Presence("c", 5)),
        (PresenceStatsRequest("c"), say.Presence("c", 5, counts_only=True)),
        (HistoryRequest("c"), say.History("c", 5)),
        (HistoryRequest("c", -9), say.History("c", 5, -1)),
        (HistoryRequest("c", 3, Since(7, "e9")), say.History("c", 5, 3, Position("e9", 7))),
        (
            HistoryRequest("c", 3, Since(7, "e9"), True),
            say.History("c", 5, 3, Position("e9", 7), True),
        ),
        (HistoryRequest("c", 3, reverse=True), say.History("c", 5, 3, None, True)),
        (HistoryRequest("c", 3, Since(0, "e9"), True), say.Unsupported(5, BAD_REQUEST_ERROR)),
        (
            ConnectRequest(
                name="js",
                version="5.8",
                subs={"c": Known(True, "e9", 7), "d": Known()},
            ),
            say.Connect(
                5,
                name="js",
                version="5.8",
                subs={"c": Position("e9", 7), "d": None},
            ),
        ),
        (SubscribeRequest("c", delta="fossil"), say.Subscribe("c", 5, delta=True)),
        (SubscribeRequest("c", delta="other"), say.Subscribe("c", 5)),
        (RefreshRequest("t"), say.Refresh(5, "t")),
        (SubRefreshRequest("c", "t"), say.SubRefresh("c", 5, "t")),
        (SubRefreshRequest("c", "t", 1), say.Unsupported(5, NOT_AVAILABLE)),
        (RpcRequest("sum", Raw(b"[1]")), say.Rpc("sum", 5, b"[1]")),
        (RpcRequest(), say.Rpc("", 5)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_request_means_a_command(request_: Request, command: say.Command) -> None:
    assert request_.command(5) == command


@pytest.mark.parametrize(
    "request_",
    [
        SubscribeRequest(),
        UnsubscribeRequest(),
        PublishRequest(data=Raw(b"1")),
        PresenceRequest(),
        PresenceStatsRequest(),
        HistoryRequest(),
        SubRefreshRequest(token="t"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_request_without_its_channel_ends_the_connection(request_: Request) -> None:
    with pytest.raises(ProtocolViolation, match="names it") as caught:
        request_.command(5)

    assert caught.value.close.code == 3501


def test_a_refresh_without_a_token_ends_the_connection() -> None:
    with pytest.raises(ProtocolViolation, match="shows a token") as caught:
        RefreshRequest().command(5)

    assert caught.value.close.code == 3501


def test_a_message_without_a_channel_ends_the_connection() -> None:
    with pytest.raises(ProtocolViolation) as caught:
        SendRequest().command(0)

    assert caught.value.close.code == 3508


def test_a_call_asks_for_one_thing() -> None:
    publish = PublishRequest("c", Raw(b"1"))

    assert Call(1).request() is None
    assert Call(1, publish=publish).request() is publish
    assert Call(1, ConnectRequest(), publish=publish).request() is publish
    for name in Call.__struct_fields__[1:]:
        asked = RpcRequest()
        call = Call(1)
        setattr(call, name, asked)
        assert call.request() is asked
