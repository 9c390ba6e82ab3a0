from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubbub.model import Kind
from hubbub.sources.payloads import kind_of


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", Kind.TEXT),
        (b"hello", Kind.TEXT),
        ("你好".encode(), Kind.TEXT),
        (b'"hello"', Kind.TEXT),
        (b"42", Kind.TEXT),
        (b"null", Kind.TEXT),
        (b"{not json", Kind.TEXT),
        (b"{} and more", Kind.TEXT),
        (b"{}", Kind.JSON),
        (b' [1, {"a": null}]\n', Kind.JSON),
        (b"\xff\xfe", Kind.BINARY),
        (b'{"a": "\xff"}', Kind.BINARY),
        ("你".encode()[:2], Kind.BINARY),
        (b"[" * 100_000, Kind.TEXT),
    ],
)
def test_kind(data: bytes, kind: Kind) -> None:
    assert kind_of(data) is kind


@given(some.binary())
def test_only_what_is_utf_8_is_text(data: bytes) -> None:
    try:
        data.decode()
        readable = True
    except UnicodeDecodeError:
        readable = False

    assert (kind_of(data) is not Kind.BINARY) == readable


SHORT = some.text(max_size=10)
VALUES = some.recursive(
    some.none() | SHORT, lambda inner: some.lists(inner, max_size=3), max_leaves=5
)


@given(some.dictionaries(SHORT, VALUES, max_size=5))
def test_every_json_object_is_json(value: dict[str, object]) -> None:
    assert kind_of(json.dumps(value).encode()) is Kind.JSON
