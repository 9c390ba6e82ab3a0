"""HTTP requests and refusals without I/O: what every connection that leaves plain HTTP begins with."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_to_bytes

import httptools

from hubbub.dialects.contract import Request
from hubbub.sessions.contract import Refusal

Headers = Sequence[tuple[bytes, bytes]]
"""As the HTTP parser gives them, with lower-case names."""


def fold_headers(headers: Headers) -> dict[str, str]:
    """Join headers of the same name (RFC 9110 section 5.2; cookies with a semicolon, RFC 9113 8.2.3)."""
    folded: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        if name in folded:
            value = folded[name] + ("; " if name == "cookie" else ", ") + value
        folded[name] = value
    return folded


def read_request(url: bytes, headers: dict[str, str], peer: str) -> Request | Refusal:
    """Return what a request's first line and headers say; of query values with one name the last counts."""
    try:
        parsed = httptools.parse_url(url)
        path = (parsed.path or b"/").decode()
        unquote_to_bytes(path).decode()  # a look only: doors must still tell %2F from a slash
        query = parse_qsl((parsed.query or b"").decode(), keep_blank_values=True, errors="strict")
    except httptools.HttpParserInvalidURLError:
        return Refusal(400, "The request's address is malformed.")
    except UnicodeDecodeError:
        return Refusal(400, "The request's address is not valid UTF-8.")
    return Request(path=path, query=dict(query), headers=headers, peer=peer)


def split_list(value: str) -> list[str]:
    """Split a header's comma-separated list; empty elements are left out (RFC 9110 section 5.6.1)."""
    return [item for item in (part.strip() for part in value.split(",")) if item]


def refusal_response(refusal: Refusal) -> bytes:
    """Make the HTTP response that refuses a request and ends its connection, its reason as plain text."""
    try:
        phrase = HTTPStatus(refusal.status).phrase
    except ValueError:
        phrase = "Refused"
    body = refusal.reason.encode() + b"\n"
    head = [
        f"HTTP/1.1 {refusal.status} {phrase}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in refusal.headers),
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body
