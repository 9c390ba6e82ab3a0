from __future__ import annotations

import pytest

from hubbub.dialects.contract import Request
from hubbub.sessions.contract import Refusal
from hubbub.transports.requests import fold_headers, read_request, refusal_response


def test_headers_of_one_name_are_joined() -> None:
    raw = [(b"a", b"1"), (b"Cookie", b"x=1"), (b"a", b"2"), (b"cookie", b"y=2"), (b"b", b"\xe9")]
    assert fold_headers(raw) == {"a": "1, 2", "cookie": "x=1; y=2", "b": "é"}


def test_a_refusal_is_a_whole_response() -> None:
    refusal = Refusal(503, "Nö.", (("Retry-After", "5"),))
    head, _, body = refusal_response(refusal).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"HTTP/1.1 503 Service Unavailable"
    assert {b"Retry-After: 5", b"Connection: close", b"Content-Length: 5"} <= set(
        head.split(b"\r\n")
    )
    assert body == "Nö.\n".encode()
    assert refusal_response(Refusal(499, "x")).startswith(b"HTTP/1.1 499 Refused\r\n")


REQUESTS = [
    (b"/ws/lobby", "/ws/lobby", {}),
    (b"/", "/", {}),
    (b"/ws/a%20b%2Fc", "/ws/a%20b%2Fc", {}),
    (b"/ws/%E6%88%BF", "/ws/%E6%88%BF", {}),
    (
        b"/ws?channel=%22zhang%22&x=1&x=2&empty=",
        "/ws",
        {"channel": '"zhang"', "x": "2", "empty": ""},
    ),
    (b"/ws?a=b+c", "/ws", {"a": "b c"}),
    (b"http://hubbub.test/ws?x=1", "/ws", {"x": "1"}),
]


@pytest.mark.parametrize(("url", "path", "query"), REQUESTS)
def test_an_address_is_split_and_its_query_decoded(
    url: bytes, path: str, query: dict[str, str]
) -> None:
    expected = Request(path=path, query=query, headers={"a": "b"}, peer="127.0.0.1")
    assert read_request(url, {"a": "b"}, "127.0.0.1") == expected


@pytest.mark.parametrize(
    "url", [b"/ws/%ff", b"/ws?a=%ff", b"/ws?a=\xff", "/ws/房".encode(), b"", b"nonsense"]
)
def test_a_malformed_address_is_refused(url: bytes) -> None:
    refusal = read_request(url, {}, "")
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
