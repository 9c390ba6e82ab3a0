from __future__ import annotations

import json
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.nulls import DEPTH_LIMIT, PAYLOADS, decode_lenient, without_nulls
from hubbub.dialects.payloads import decode_json
from hubbub.model import Packet

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(PAYLOADS)), inner)
    ),
    max_leaves=20,
)


def bare(value: object) -> object:
    if isinstance(value, list):
        return [bare(each) for each in value]
    if isinstance(value, dict):
        return {
            name: each if name in PAYLOADS else bare(each)
            for name, each in value.items()
            if name in PAYLOADS or each is not None
        }
    return value


@given(st.lists(VALUES, max_size=3))
def test_what_is_null_is_not_there_but_in_payloads(values: list[Any]) -> None:
    said = "\n".join(map(json.dumps, values)).encode()
    lines = without_nulls(said).split(b"\n") if values else []
    assert [json.loads(line) for line in lines] == [bare(value) for value in values]


def test_payloads_stay_as_they_are_to_the_byte() -> None:
    said = b'{"publish":{"channel":null,"data":{"a" : [null, 1.10, 12345678901234567890123]}}}'
    assert without_nulls(said) == (
        b'{"publish":{"data":{"a" : [null, 1.10, 12345678901234567890123]}}}'
    )


def test_nobody_is_followed_into_any_depth() -> None:
    deep = b"[" * (DEPTH_LIMIT + 9) + b'{"a":null}' + b"]" * (DEPTH_LIMIT + 9)
    assert without_nulls(deep) == deep


def test_what_is_no_json() -> None:
    with pytest.raises(msgspec.DecodeError):
        without_nulls(b'{"a":null')


NOTHING: list[tuple[dict[str, object], dict[str, object]]] = [
    (
        {"id": 1, "connect": {"token": None, "data": None, "subs": None, "name": None}},
        {"id": 1, "connect": {}},
    ),
    (
        {"id": 1, "connect": {"subs": {"a": {"recover": True, "epoch": None, "offset": 1}}}},
        {"id": 1, "connect": {"subs": {"a": {"recover": True, "offset": 1}}}},
    ),
    (
        {"id": 2, "subscribe": {"channel": "a", "token": None, "tf": None, "delta": None}},
        {"id": 2, "subscribe": {"channel": "a"}},
    ),
    (
        {
            "id": 2,
            "subscribe": {
                "channel": "a",
                "tf": {
                    "op": "not",
                    "key": None,
                    "vals": None,
                    "nodes": [{"key": "k", "cmp": "ex"}],
                },
            },
        },
        {
            "id": 2,
            "subscribe": {
                "channel": "a",
                "tf": {"op": "not", "nodes": [{"key": "k", "cmp": "ex"}]},
            },
        },
    ),
    ({"id": None}, {}),
]


@pytest.mark.parametrize(("said", "meant"), NOTHING)
def test_commands_with_nulls_are_those_without(
    said: dict[str, object], meant: dict[str, object]
) -> None:
    assert asked(said) == asked(meant)


def asked(command: dict[str, object]) -> say.Command | None:
    (call,) = JSON.calls(Packet(json.dumps(command).encode()))
    request = call.request()
    return None if request is None else request.command(call.id)


def test_what_is_nested_too_deeply_is_an_error_like_others() -> None:
    decode = partial(decode_json, msgspec.json.Decoder(dict[str, int]))
    deep = b'{"a":null,"b":' + b"[" * 3000 + b"]" * 3000 + b"}"
    with pytest.raises(msgspec.DecodeError, match="too deeply"):
        decode_lenient(decode, deep)
