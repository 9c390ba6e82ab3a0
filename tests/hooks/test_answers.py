"""Answers: those that Centrifugo's documentation shows, those that frameworks write, and lies."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import Close, ErrorCode, HookUnavailable, HubbubError, Refused, Reject
from hubbub.hooks import answers
from hubbub.hub.permissions.options import Override
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    ConnectGrant,
    PublishAsk,
    PublishGrant,
    RefreshAsk,
    RefreshGrant,
    RpcAnswer,
    RpcAsk,
    SubRefreshAsk,
    SubRefreshGrant,
    SubscribeAsk,
    SubscribeGrant,
)

CLIENT = Client("s1", "zhang", "centrifuge-json")
PROTOBUF = Client("s2", "zhang", "centrifuge-protobuf")
COMES = ConnectAsk(CLIENT)
FOLLOWS = SubscribeAsk(CLIENT, "room")
STAYS = RefreshAsk(CLIENT)
LASTS = SubRefreshAsk(CLIENT, "room")
CALLS = RpcAsk(CLIENT, "say", b"")
SAID = PublishAsk(CLIENT, "room", b'"as said"')


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def body(**answer: object) -> bytes:
    return json.dumps(answer).encode()


def connect(result: object) -> ConnectGrant | None:
    return answers.connect_grant(body(result=result), COMES)


def subscribe(result: object) -> SubscribeGrant:
    return answers.subscribe_grant(body(result=result), FOLLOWS)


def publish(result: object, ask: PublishAsk = SAID) -> PublishGrant:
    return answers.publish_grant(body(result=result), ask)


def rpc(result: object) -> RpcAnswer:
    return answers.rpc_answer(body(result=result), CALLS)


FULL_CONNECT = {
    **{"user": "56", "expire_at": 1_700_000_000, "info": {"name": "Zhang"}, "data": [1]},
    **{"channels": ["news"], "meta": {"tenant": 7}, "labels": {"unknown": "here"}},
    "subs": {
        "room": {"info": 1, "override": {"presence": {"value": False}, "join_leave": {}}},
        "hall": None,
    },
    "caps": [
        {"channels": ["news:*", "x"], "match": "wildcard", "allow": ["sub", "hst", "new"]},
        {"channels": ["exact", "a*"], "allow": ["pub", "prs"]},
        {"channels": [".*"], "match": "regex", "allow": ["sub"]},
    ],
    "tags": ["beta"],
}


def test_a_connect_result_has_everything() -> None:
    reading = frozenset({Operation.SUBSCRIBE, Operation.HISTORY})
    assert connect(FULL_CONNECT) == ConnectGrant(
        "56",
        1_700_000_000,
        b'{"name": "Zhang"}',
        b"[1]",
        ["news"],
        {
            "room": SubscribeGrant(info=b"1", override=Override(presence=False, join_leave=False)),
            "hall": SubscribeGrant(),
        },
        b'{"tenant": 7}',
        (
            Permission(("news:*", "x"), reading, wildcard=True),
            Permission(("exact", "a*"), frozenset({Operation.PUBLISH, Operation.PRESENCE})),
            Permission((), frozenset({Operation.SUBSCRIBE})),
        ),
        ["beta"],
    )


def test_an_empty_result_is_an_anonymous_user_and_none_at_all_is_nobody() -> None:
    assert connect({}) == ConnectGrant("")
    assert answers.connect_grant(b"{}", COMES) is None


def test_a_subscribe_result_has_everything() -> None:
    assert subscribe(
        {
            **{"expire_at": 5, "b64info": b64(b'{"a":1}'), "data": {"b": None}},
            "override": {"force_recovery": {"value": True}, "force_positioning": None},
        }
    ) == SubscribeGrant(5, b'{"a":1}', b'{"b": null}', Override(force_recovery=True))
    assert answers.subscribe_grant(b"{}", FOLLOWS) == SubscribeGrant()


def test_refresh_results() -> None:
    full = {"expire_at": 9, "info": "x", "meta": [2]}

    assert answers.refresh_grant(body(result=full), STAYS) == RefreshGrant(False, 9, b'"x"', b"[2]")
    assert answers.refresh_grant(body(result={"expired": True}), STAYS) == RefreshGrant(
        expired=True
    )
    assert answers.refresh_grant(b"{}", STAYS) == RefreshGrant(expired=True)
    assert answers.sub_refresh_grant(body(result=full), LASTS) == SubRefreshGrant(False, 9, b'"x"')
    assert answers.sub_refresh_grant(b"{}", LASTS) == SubRefreshGrant(expired=True)


@pytest.mark.parametrize(
    ("result", "grant"),
    [
        (None, PublishGrant()),
        ({}, PublishGrant()),
        ({"data": None, "tags": None, "skip_history": None}, PublishGrant()),
        ({"data": {"a": 1}}, PublishGrant(b'{"a": 1}')),
        ({"b64data": b64(b"[2]")}, PublishGrant(b"[2]")),
        ({"b64data": b64(b"\x00\x01")}, PublishGrant(b"\x00\x01", Kind.BINARY)),
        (
            {"skip_history": True, "tags": {"a": "b"}, "idempotency_key": "k"},
            PublishGrant(skip_history=True, tags={"a": "b"}, key="k"),
        ),
    ],
    ids=str,
)
def test_publish_results(result: object, grant: PublishGrant) -> None:
    assert publish(result) == grant


def test_a_text_stays_a_text_where_a_string_takes_its_place() -> None:
    text = PublishAsk(CLIENT, "room", b"hi", Kind.TEXT)

    assert publish({"data": "h\u00ed"}, text) == PublishGrant("h\u00ed".encode(), Kind.TEXT)
    assert publish({"data": {"a": 1}}, text) == PublishGrant(b'{"a": 1}', Kind.JSON)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (None, RpcAnswer(b"null")),
        ({"data": None}, RpcAnswer(b"null")),
        ({"data": {"a": 1}}, RpcAnswer(b'{"a": 1}')),
        ({"b64data": b64(b"\xff")}, RpcAnswer(b"\xff", Kind.BINARY)),
    ],
    ids=str,
)
def test_rpc_results(result: object, answer: RpcAnswer) -> None:
    assert rpc(result) == answer


def test_only_a_client_of_protobuf_is_given_any_bytes() -> None:
    answer = body(result={"b64data": b64(b"\xff")})

    assert answers.subscribe_grant(answer, SubscribeAsk(PROTOBUF, "room")).data == b"\xff"
    with pytest.raises(HookUnavailable, match="not JSON"):
        answers.subscribe_grant(answer, FOLLOWS)


def test_an_error_refuses_and_a_disconnect_rejects_first() -> None:
    error = {"code": 1000, "message": "no beer", "temporary": True}

    with pytest.raises(Refused) as refused:
        answers.refresh_grant(body(error=error, result=None, disconnect=None), STAYS)
    assert refused.value.error == ErrorCode(1000, "no beer", temporary=True)

    disconnect = {"code": 4500, "reason": "é" * 100}
    with pytest.raises(Reject) as rejected:
        answers.rpc_answer(body(error=error, disconnect=disconnect, result={}), CALLS)
    assert rejected.value.close == Close(4500, "é" * 61)


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"yes"',
        b'{"result":',
        b'{"result":{"user":"\xff"}}',
        body(result=[]),
        body(result={"user": 5}),
        body(result={"user": "a", "expire_at": "soon"}),
        body(result={"user": "a", "expire_at": -1}),
        body(result={"channels": "news"}),
        body(result={"subs": []}),
        body(result={"info": 1, "b64info": "%%%"}),
        body(result={"b64info": b64(b"not json")}),
        body(result={"subs": {"a": {"server_tags_filter": {"key": "a"}}}}),
        body(error={}),
        body(error={"code": 0}),
        body(error={"code": 2**32}),
        body(disconnect={"code": 1000}),
        body(disconnect={"code": 5000}),
        body(disconnect={"reason": "because"}),
        b'{"result":' + b'{"subs":' * 5000 + b"}" * 5001,
    ],
    ids=lambda lie: repr(lie[:50]),
)
def test_what_means_nothing_lets_nobody_in(lie: bytes) -> None:
    with pytest.raises(HookUnavailable) as fault:
        answers.connect_grant(lie, COMES)
    assert len(str(fault.value)) < 200


def test_a_publication_with_a_version_is_not_published_without() -> None:
    with pytest.raises(HookUnavailable, match="version"):
        publish({"version": 3})


@pytest.mark.parametrize("answer", [b"", b"ok", b"{}", body(result={}), body(error=None), b"[]"])
def test_events_are_taken_whatever_the_body_is(answer: bytes) -> None:
    answers.taken(answer)


def test_events_are_not_taken_where_an_error_says_so() -> None:
    with pytest.raises(HookUnavailable):
        answers.taken(body(error={"code": 100, "message": "not now"}))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "user", "data", "info", "subs", "value", "override", "b64data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ANSWERS = st.dictionaries(st.sampled_from(["result", "error", "disconnect"]), JSON_VALUES)


@given(ANSWERS.map(lambda answer: json.dumps(answer).encode()) | st.binary(max_size=30))
def test_no_answer_does_anything_but_grant_or_raise_what_is_announced(answer: bytes) -> None:
    for judge in (
        lambda: answers.connect_grant(answer, COMES),
        lambda: answers.subscribe_grant(answer, SubscribeAsk(PROTOBUF, "room")),
        lambda: answers.publish_grant(answer, SAID),
        lambda: answers.refresh_grant(answer, STAYS),
        lambda: answers.rpc_answer(answer, CALLS),
    ):
        try:
            judge()
        except (Refused, Reject, HookUnavailable) as fault:
            assert isinstance(fault, HubbubError)
