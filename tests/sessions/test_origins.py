from __future__ import annotations

import pytest

from hubbub.sessions.origins import PREFLIGHT, origin_of, readable_by


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({}, None),
        ({"origin": "https://a.example"}, "https://a.example"),
        ({"origin": "https://a.example", "sec-fetch-site": "cross-site"}, "https://a.example"),
        ({"sec-fetch-site": "none"}, None),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"sec-fetch-site": "same-site"}, "null"),
        ({"sec-fetch-site": "cross-site"}, "null"),
        ({"origin": "null"}, "null"),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, "null"),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, None),
    ],
)
def test_whose_page_asks(headers: dict[str, str], origin: str | None) -> None:
    assert origin_of(headers) == origin


def test_an_allowed_page_may_read_the_answer() -> None:
    assert readable_by("https://a.example") == (
        ("Access-Control-Allow-Origin", "https://a.example"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


@pytest.mark.parametrize("origin", [None, "", "a\r\nSet-Cookie: x", "é", "a\x7f"])
def test_what_is_no_origin_is_not_repeated(origin: str | None) -> None:
    assert readable_by(origin) == ()


def test_a_page_may_post_json() -> None:
    assert dict(PREFLIGHT)["Access-Control-Allow-Headers"] == "Content-Type"
    assert "POST" in dict(PREFLIGHT)["Access-Control-Allow-Methods"]
