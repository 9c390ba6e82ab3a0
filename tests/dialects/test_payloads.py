from __future__ import annotations

import base64
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.payloads import (
    as_json,
    as_text,
    decode_json,
    embedded,
    json_container,
    json_value,
    whole_characters,
)
from hubbub.model import Kind
from tests.contracts.dialect import json_texts

ANYTHING = msgspec.json.Decoder()


@settings(deadline=None)
@given(json_texts())
def test_json_stays_what_it_is_on_one_line(text: bytes) -> None:
    shown = as_json(text, Kind.JSON)

    assert b"\n" not in shown
    assert json.loads(shown) == json.loads(text)


@settings(deadline=None)
@given(st.text())
def test_a_text_becomes_a_string(text: str) -> None:
    shown = as_json(text.encode(), Kind.TEXT)

    assert b"\n" not in shown
    assert json.loads(shown) == text
    assert as_text(shown) == text.encode()


@settings(deadline=None)
@given(st.binary())
def test_bytes_become_base64(data: bytes) -> None:
    assert base64.b64decode(json.loads(as_json(data, Kind.BINARY)), validate=True) == data


def test_a_payload_that_is_nothing_stays_readable() -> None:
    assert as_json(b"", Kind.JSON) == b"null"
    assert as_json(b"", Kind.TEXT) == b'""'
    assert as_json(b"", Kind.BINARY) == b'""'
    assert as_json(b"\xff", Kind.TEXT) == '"\ufffd"'.encode()


def test_embedded_json_has_no_newlines() -> None:
    assert embedded(b"") is None
    assert bytes(embedded(b'{\n"a": 1}\n') or b"") == b'{"a": 1}'
    assert bytes(embedded(b"{}") or b"") == b"{}"


@settings(deadline=None)
@given(json_texts())
def test_objects_and_arrays_are_told_from_the_rest(text: bytes) -> None:
    expected = text if isinstance(json.loads(text), (dict, list)) else None

    assert json_container(text) == expected
    assert json_container(b" \r\n\t" + text) == (expected and b" \r\n\t" + text)
    if expected is not None:
        assert json_container(text + b"}") is None
        assert json_container(text[:-1]) is None


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\uDE00"', rb'"\ufffd"'),
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\ud83dx"', rb'"\ufffdx"'),
        (rb'"\\ud83d"', rb'"\\ud83d"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (rb'"\"\ud83d\n"', rb'"\"\ufffd\n"'),
        (rb'"\u4e2d"', rb'"\u4e2d"'),
    ],
)
def test_half_a_character_is_replaced(written: bytes, whole: bytes) -> None:
    assert whole_characters(written) == whole
    assert decode_json(ANYTHING, written) == decode_json(ANYTHING, whole)


@settings(deadline=None)
@given(st.lists(st.integers(0, 0xFFFF).map(chr)).map("".join))
def test_what_javascript_stringifies_is_read(units: str) -> None:
    # Python's json escapes lone surrogates as JSON.stringify does, and reads them back.
    expected = units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    assert decode_json(ANYTHING, json.dumps(units).encode()) == expected


def test_what_is_no_json_stays_an_error() -> None:
    for wrong in (b'{"a":\\ud83d}', b"", b"[" * 100_000):
        with pytest.raises(msgspec.DecodeError):
            decode_json(ANYTHING, wrong)


@pytest.mark.parametrize("before", [b"", rb'"\ud83d",'], ids=["whole", "half a character"])
def test_what_is_nested_too_deeply_is_an_error_like_others(before: bytes) -> None:
    deep = b"[" + before + b"[" * 3000 + b"]" * 3000 + b"]"
    with pytest.raises(msgspec.DecodeError, match="too deeply"):
        decode_json(msgspec.json.Decoder(msgspec.Raw), deep)
    assert json_container(deep) is None


def test_a_string_that_is_not_utf8_cannot_be_shown() -> None:
    with pytest.raises(UnicodeDecodeError):
        as_text(b'"\xff"')


@pytest.mark.parametrize("data", [b"1", b'"text"', b"null", b" {} ", b"[1,\n2]", '"é"'.encode()])
def test_what_is_json(data: bytes) -> None:
    assert json_value(data) == data


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"{", b"1 2", b"\x00", b'"\xe9"', b"\xef\xbb\xbf1", b"[" * 50_000]
)
def test_what_is_not(data: bytes) -> None:
    assert json_value(data) is None


def test_half_a_character_is_json_all_the_same() -> None:
    assert json_value(b'"\\ud83d"') == b'"\\ufffd"'
