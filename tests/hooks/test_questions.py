"""The bodies, compared with those that Centrifugo's documentation and proxy.proto show."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.hooks.questions import Ask, is_json, question, told
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    Event,
    EventKind,
    PublishAsk,
    RefreshAsk,
    RpcAsk,
    SubRefreshAsk,
    SubscribeAsk,
)

CLIENT = Client("s1", "zhang", "centrifuge-json", "websocket", meta=b'{"tenant":7}')
PROTOBUF = Client("s2", "", "centrifuge-protobuf", "sse")
WHO = {"client": "s1", "transport": "websocket", "protocol": "json", "encoding": "json"}


def asked(ask: Ask, *, include_meta: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(question(ask, include_meta=include_meta))
    return body


@pytest.mark.parametrize(
    ("ask", "rest"),
    [
        (ConnectAsk(CLIENT), {}),
        (
            ConnectAsk(CLIENT, "jwt", b'{"a":1}', "js", "5.3", ["news"]),
            {
                **{"token": "jwt", "data": {"a": 1}, "name": "js", "version": "5.3"},
                "channels": ["news"],
            },
        ),
        (RefreshAsk(CLIENT), {"user": "zhang"}),
        (
            SubscribeAsk(CLIENT, "room", "jwt", b"[]"),
            {"user": "zhang", "channel": "room", "token": "jwt", "data": []},
        ),
        (SubRefreshAsk(CLIENT, "room"), {"user": "zhang", "channel": "room"}),
        (
            PublishAsk(CLIENT, "room", b'{"text":"hi"}'),
            {"user": "zhang", "channel": "room", "data": {"text": "hi"}},
        ),
        (RpcAsk(CLIENT, "say", b"null"), {"user": "zhang", "method": "say", "data": None}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_question_reads_as_centrifugos(ask: Ask, rest: dict[str, Any]) -> None:
    assert asked(ask) == {**WHO, **rest}


def test_a_session_without_a_name_and_in_protobuf_says_so() -> None:
    assert asked(RefreshAsk(PROTOBUF)) == {
        **{"client": "s2", "transport": "sse", "protocol": "protobuf", "encoding": "json"},
        "user": "",
    }


@pytest.mark.parametrize(
    ("dialect", "protocol"),
    [("centrifuge-unidirectional", "json"), ("text-json", "text-json"), ("", "")],
)
def test_another_dialect_goes_by_its_own_name(dialect: str, protocol: str) -> None:
    assert asked(RefreshAsk(Client("s", dialect=dialect)))["protocol"] == protocol


def test_meta_goes_along_where_it_is_wanted() -> None:
    assert asked(RefreshAsk(CLIENT), include_meta=True)["meta"] == {"tenant": 7}
    assert "meta" not in asked(RefreshAsk(PROTOBUF), include_meta=True)


@pytest.mark.parametrize(
    ("data", "kind", "shown"),
    [
        (b"\x00\xff", Kind.BINARY, {"b64data": b64encode(b"\x00\xff").decode()}),
        (b'"json"', Kind.BINARY, {"b64data": b64encode(b'"json"').decode()}),
        ('grüß "dich"'.encode(), Kind.TEXT, {"data": 'grüß "dich"'}),
        (b"", Kind.TEXT, {"data": ""}),
        (b"", Kind.JSON, {}),
    ],
)
def test_every_payload_finds_its_place(data: bytes, kind: Kind, shown: dict[str, str]) -> None:
    body = asked(PublishAsk(CLIENT, "room", data, kind))

    assert {name: body[name] for name in ("data", "b64data") if name in body} == shown
    assert body["encoding"] == ("binary" if "b64data" in shown else "json")


@given(st.binary(max_size=40) | st.text(max_size=20).map(lambda text: json.dumps(text).encode()))
def test_no_payload_of_a_client_spoils_a_question(data: bytes) -> None:
    body = asked(RpcAsk(CLIENT, "say", data))

    if "b64data" in body:
        assert b64decode(body["b64data"]) == data
    elif data:
        assert json.loads(data) == body["data"]


def test_an_edit_says_what_it_is() -> None:
    tags = {"kind": "edit", "about": "7"}
    assert asked(PublishAsk(CLIENT, "room", b"1", tags=tags))["tags"] == tags
    assert "tags" not in asked(PublishAsk(CLIENT, "room", b"1"))


def test_what_nests_too_deeply_is_no_json() -> None:
    assert not is_json(b"[" * 100_000 + b"]" * 100_000)


def test_events_are_told_together() -> None:
    events = [
        Event(EventKind.UNSUBSCRIBED, "s1", 1, 1_700, "room", CLIENT, 2, "node died", b"[1]"),
        Event(EventKind.DISCONNECTED, "s1", 2, 1_800, client=CLIENT, code=3000, reason="closed"),
        Event(EventKind.VACATED, "room", 9, 1_900, "room"),
    ]
    who = {"client": "s1", "user": "zhang", "transport": "websocket", "protocol": "json"}

    assert json.loads(told(events, include_meta=True)) == {
        "events": [
            {
                **{"type": "unsubscribed", "key": "s1", "number": 1, "time_ms": 1_700},
                **{"channel": "room", "code": 2, "reason": "node died", "info": [1], **who},
                "meta": {"tenant": 7},
            },
            {
                **{"type": "disconnected", "key": "s1", "number": 2, "time_ms": 1_800},
                **{"code": 3000, "reason": "closed", **who},
                "meta": {"tenant": 7},
            },
            {
                **{"type": "vacated", "key": "room", "number": 9, "time_ms": 1_900},
                "channel": "room",
            },
        ]
    }
    assert "meta" not in json.loads(told(events, include_meta=False))["events"][0]
