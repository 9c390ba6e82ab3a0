"""Mistakes of whoever asks for a stream, or speaks beside one."""

from __future__ import annotations

from urllib.parse import quote

from tests.bad_input.mistakes import Case, Http, Streamed

SSE, LINES = "/connection/sse", "/connection/http_stream"
HELLO = '{"id":1,"connect":{}}'
EVIL = {"origin": "https://evil.example"}


def get(said: str | None, to: str = SSE, **headers: str) -> tuple[bytes, ...]:
    path = to if said is None else f"{to}?cf_connect={quote(said)}"
    return (request("GET", path, b"", headers),)


def post(path: str, body: str | bytes, **headers: str) -> tuple[bytes, ...]:
    content = body.encode() if isinstance(body, str) else body
    return (request("POST", path, content, {"content_length": str(len(content)), **headers}),)


def request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    fields = {"host": "localhost", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


STREAM_CASES = [
    Case("server-sent events without a first message", get(None), Http(400, "cf_connect")),
    Case("an empty first message", get(""), Http(400, "cf_connect")),
    Case("an HTTP stream with an empty body", post(LINES, ""), Http(400, "body is empty")),
    Case("a body that is not UTF-8", post(LINES, b"\xff"), Http(400, "not UTF-8")),
    Case("a body above the limit", post(LINES, "x" * 65537), Http(413, "65536 bytes")),
    Case("a body that does not end in time", post(LINES, "{", content_length="9"), Http(408)),
    Case("another request behind it", (get(HELLO)[0] * 2,), Http(400, "Nothing may follow")),
    Case("a method that begins no stream", (request("GET", LINES, b"", {}),), Http(405, "GET")),
    Case("a page of another origin", get(HELLO, **EVIL), Http(403, "allowed_origins")),
    Case(
        "a page of another site that hides its origin",
        get(HELLO, sec_fetch_site="cross-site"),
        Http(403, "allowed_origins"),
    ),
    Case("a first message that is no command", get("hello"), Streamed('"code":3501')),
    Case(
        "a command before connect",
        post(LINES, '{"id":1,"publish":{"channel":"a","data":1}}'),
        Streamed('"code":3501'),
    ),
    Case(
        "a request to listen that is none",
        post("/connection/uni_http_stream", "hello"),
        Streamed('{"disconnect":{"code":3501'),
    ),
    Case(
        "listening with a token that is none",
        post("/connection/uni_sse", '{"token":"x.y.z"}'),
        Streamed('{"disconnect":{"code":3500'),
    ),
    Case("no answer to pings", get(HELLO), Streamed('"code":3012')),
]


def beside(body: str, **headers: str) -> tuple[bytes, ...]:
    return post("/emulation", body, **headers)


EMULATION_CASES = [
    Case("it is not JSON", beside("hello"), Http(400, "emulation request")),
    Case("a field is missing", beside('{"node":"n","data":"{}"}'), Http(400, "session")),
    Case(
        "a session that is not there",
        beside('{"node":"n","session":"s","data":"{}"}'),
        Http(404, "no such session"),
    ),
    Case("a body above the limit", beside("x" * 65537), Http(413)),
    Case(
        "a page of another origin",
        beside('{"node":"n","session":"s","data":"{}"}', content_type="text/plain", **EVIL),
        Http(403, "allowed_origins"),
    ),
]
