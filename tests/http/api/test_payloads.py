from __future__ import annotations

import pytest
from msgspec import UNSET, Raw

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api.payloads import bytes_of, json_of, text_of


def test_json_is_taken_as_it_is_or_from_base64() -> None:
    assert json_of("info", UNSET) == b""
    assert json_of("info", Raw(b' {"a": 1}')) == b' {"a": 1}'
    assert json_of("info", UNSET, "eyJhIjoxfQ==") == b'{"a":1}'
    assert json_of("info", Raw(b"7"), "eyJhIjoxfQ==") == b'{"a":1}'
    assert bytes_of("x", "AAE=") == b"\x00\x01"


@pytest.mark.parametrize(
    ("base64", "words"),
    [
        ("?", "b64info is not base64"),
        ("AAE", "b64info is not base64"),
        ("AAE=\n", "b64info is not base64"),
        ("AAE=", "b64info has no JSON in it"),
        ("/w==", "b64info has no JSON in it"),
        ("Iv8i", "not UTF-8"),
    ],
)
def test_what_is_no_json_in_base64_is_refused(base64: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        json_of("info", UNSET, base64)
    assert caught.value.error == BAD_REQUEST_ERROR


def test_what_is_not_utf8_is_refused() -> None:
    with pytest.raises(Refused, match="not UTF-8"):
        text_of(Raw(b'"\xff"'))
