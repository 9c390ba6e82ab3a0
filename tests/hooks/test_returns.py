from __future__ import annotations

from collections.abc import Callable

import pytest

from hubbub.errors import PERMISSION_DENIED, Refused
from hubbub.hooks import returns
from hubbub.hooks.returns import payload
from hubbub.model import Kind
from hubbub.sessions.hooks import (
    ConnectGrant,
    PublishGrant,
    RefreshGrant,
    RpcAnswer,
    SubRefreshGrant,
    SubscribeGrant,
)


@pytest.mark.parametrize(
    ("value", "kind", "made"),
    [
        ({"a": [1, None]}, Kind.JSON, b'{"a":[1,null]}'),
        ("hi", Kind.JSON, b'"hi"'),
        (b'{"raw":1}', Kind.JSON, b'{"raw":1}'),
        ("hi", Kind.TEXT, b"hi"),
        (b"\xff", Kind.BINARY, b"\xff"),
        (memoryview(b"ab"), Kind.BINARY, b"ab"),
        (None, Kind.JSON, b"null"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_python_value_is_a_payload(value: object, kind: Kind, made: bytes) -> None:
    assert payload(value, kind) == (made, kind)


def endless() -> object:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "kind"),
    [(object(), Kind.JSON), (endless(), Kind.JSON), ({}, Kind.TEXT), ("hi", Kind.BINARY)],
    ids=["object", "endless", "text", "bytes"],
)
def test_what_is_no_payload_is_a_mistake(value: object, kind: Kind) -> None:
    with pytest.raises(TypeError):
        payload(value, kind)


CONNECT = ConnectGrant("zhang", info=b"1")
SUBSCRIBE = SubscribeGrant(info=b"1")
REFRESH = RefreshGrant(expire_at=9)
SUB_REFRESH = SubRefreshGrant(expire_at=9)
ANSWER = RpcAnswer(b"1", Kind.TEXT)


@pytest.mark.parametrize(
    ("judge", "returned", "grant"),
    [
        (returns.connect_grant, "zhang", ConnectGrant("zhang")),
        (returns.connect_grant, None, None),
        (returns.connect_grant, CONNECT, CONNECT),
        (returns.subscribe_grant, None, SubscribeGrant()),
        (returns.subscribe_grant, True, SubscribeGrant()),
        (returns.subscribe_grant, SUBSCRIBE, SUBSCRIBE),
        (returns.refresh_grant, None, RefreshGrant(expired=True)),
        (returns.refresh_grant, False, RefreshGrant(expired=True)),
        (returns.refresh_grant, True, RefreshGrant()),
        (returns.refresh_grant, 1_700_000_000.5, RefreshGrant(expire_at=1_700_000_000)),
        (returns.refresh_grant, REFRESH, REFRESH),
        (returns.sub_refresh_grant, None, SubRefreshGrant(expired=True)),
        (returns.sub_refresh_grant, 1_700, SubRefreshGrant(expire_at=1_700)),
        (returns.sub_refresh_grant, SUB_REFRESH, SUB_REFRESH),
        (returns.rpc_answer, None, RpcAnswer(b"null")),
        (returns.rpc_answer, {"a": 1}, RpcAnswer(b'{"a":1}')),
        (returns.rpc_answer, "hi", RpcAnswer(b'"hi"')),
        (returns.rpc_answer, b"\xff", RpcAnswer(b"\xff", Kind.BINARY)),
        (returns.rpc_answer, ANSWER, ANSWER),
    ],
)
def test_what_a_function_may_return(
    judge: Callable[[object], object], returned: object, grant: object
) -> None:
    assert judge(returned) == grant


@pytest.mark.parametrize(
    ("said", "returned", "grant"),
    [
        (Kind.JSON, None, PublishGrant()),
        (Kind.JSON, True, PublishGrant()),
        (Kind.JSON, {"a": 1}, PublishGrant(b'{"a":1}')),
        (Kind.JSON, "hi", PublishGrant(b'"hi"')),
        (Kind.JSON, b'{"raw":1}', PublishGrant(b'{"raw":1}')),
        (Kind.TEXT, "hi", PublishGrant(b"hi", Kind.TEXT)),
        (Kind.TEXT, b"hi", PublishGrant(b"hi", Kind.TEXT)),
        (Kind.TEXT, {"a": 1}, PublishGrant(b'{"a":1}')),
        (Kind.BINARY, b"\xff", PublishGrant(b"\xff", Kind.BINARY)),
        (Kind.BINARY, "hi", PublishGrant(b"hi", Kind.TEXT)),
        (Kind.JSON, PublishGrant(skip_history=True), PublishGrant(skip_history=True)),
    ],
)
def test_what_on_publish_may_return(said: Kind, returned: object, grant: PublishGrant) -> None:
    assert returns.publish_grant(returned, said) == grant


def test_false_refuses() -> None:
    for judge in (returns.subscribe_grant, lambda value: returns.publish_grant(value, Kind.JSON)):
        with pytest.raises(Refused) as refused:
            judge(False)
        assert refused.value.error == PERMISSION_DENIED


@pytest.mark.parametrize(
    ("judge", "returned"),
    [
        (returns.connect_grant, 42),
        (returns.connect_grant, False),
        (returns.subscribe_grant, "yes"),
        (returns.refresh_grant, "tomorrow"),
        (returns.refresh_grant, -1),
        (returns.rpc_answer, object()),
    ],
)
def test_what_means_nothing_is_a_mistake_that_is_explained(
    judge: Callable[[object], object], returned: object
) -> None:
    with pytest.raises(TypeError, match=r"returns .*, not a|no JSON"):
        judge(returned)
