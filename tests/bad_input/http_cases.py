"""Mistakes of whoever speaks HTTP, up to the WebSocket handshake."""

from __future__ import annotations

from tests.bad_input.mistakes import Case, Http
from tests.bad_input.raw import handshake

KEY = "correct-horse"
READER = "only-for-reading"


def post(
    method: str, body: str | bytes, key: str | None = KEY, **headers: str
) -> tuple[bytes, ...]:
    content = body.encode() if isinstance(body, str) else body
    fields = {"host": "localhost", "content-length": str(len(content))} | headers
    if key is not None:
        fields["x-api-key"] = key
    lines = [f"{name}: {value}" for name, value in fields.items()]
    head = "\r\n".join([f"POST /api/{method} HTTP/1.1", *lines, "", ""])
    return (head.encode() + content,)


HTTP_CASES = [
    Case("it is not HTTP", (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",), Http(400)),
    Case(
        "a head above the limit", (b"GET / HTTP/1.1\r\nx: " + b"y" * 9000,), Http(431, "8192 bytes")
    ),
    Case(
        "a head that does not end in time", (b"GET / HTTP/1.1\r\nhost: localhost\r\n",), Http(408)
    ),
    Case(
        "a path that is not there",
        (b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n",),
        Http(404, "/nothing"),
    ),
    Case(
        "a method that the path does not take",
        (b"PUT /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",),
        Http(405, "PUT"),
    ),
]

HANDSHAKE_CASES = [
    Case(
        "no Sec-WebSocket-Key",
        (handshake("/ws/a", sec_websocket_key=None),),
        Http(400, "Sec-WebSocket-Key"),
    ),
    Case(
        "a key that is not 16 bytes",
        (handshake("/ws/a", sec_websocket_key="short"),),
        Http(400, "16 bytes"),
    ),
    Case(
        "another WebSocket version",
        (handshake("/ws/a", sec_websocket_version="8"),),
        Http(426, "version 13"),
    ),
    Case("no Host", (handshake("/ws/a", host=None),), Http(400, "Host")),
    Case(
        "Upgrade without Connection",
        (handshake("/ws/a", connection="close"),),
        Http(400, "Connection"),
    ),
    Case(
        "a page of another origin",
        (handshake("/ws/a", origin="https://evil.example"),),
        Http(403, "allowed_origins"),
    ),
    Case(
        "a name that anybody may have lead here",
        (handshake("/ws/a", host="evil.example"),),
        Http(421, "allowed_origins"),
    ),
    Case("a path that is no endpoint", (handshake("/nothing"),), Http(404)),
    Case(
        "a query that lacks what the endpoint needs", (handshake("/webws"),), Http(400, "channel")
    ),
    Case("a position that is none", (handshake("/ws/a?since=yesterday"),), Http(400, "position")),
]

API_CASES = [
    Case("no key", post("info", "{}", None), Http(401, "X-API-Key")),
    Case("a wrong key", post("info", "{}", "battery-staple"), Http(401, "not known")),
    Case(
        "a key in the address",
        post(f"info?api_key={KEY}", "{}", None),
        Http(401, "not taken here"),
    ),
    Case(
        "a key without the scope",
        post("publish", '{"channel":"a","data":1}', READER),
        Http(403, "lacks the scope 'publish'"),
    ),
    Case(
        "a key that is not for the channel",
        post("history", '{"channel":"b"}', READER),
        Http(403, "the channels a* only"),
    ),
    Case("an unknown method", post("dance", "{}"), Http(404, '"code":104')),
    Case("a body that is not JSON", post("publish", "hello"), Http(200, '"code":107')),
    Case("a body without a channel", post("publish", '{"data":1}'), Http(200, '"code":107')),
    Case("a publish without data", post("publish", '{"channel":"a"}'), Http(200, '"code":107')),
    Case(
        "bytes that are not base64",
        post("publish", '{"channel":"a","b64data":"?"}'),
        Http(200, "base64"),
    ),
    Case(
        "a channel name that is none",
        post("publish", '{"channel":"","data":1}'),
        Http(200, '"code":107'),
    ),
    Case(
        "a field of the wrong type",
        post("history", '{"channel":"a","limit":"all"}'),
        Http(200, "limit"),
    ),
    Case("nesting without end", post("publish", "[" * 60000), Http(200, '"code":107')),
    Case(
        "a broadcast to too many channels",
        post("broadcast", '{"channels":["a","b","c","d"],"data":1}'),
        Http(200, "3 channels at most"),
    ),
    Case(
        "one bad channel in a broadcast",
        post("broadcast", '{"channels":["a",""],"data":1}'),
        Http(200, '{"responses":[{"result":{'),
    ),
    Case("a batch that is none", post("batch", '{"commands":{}}'), Http(400, '"code":107')),
    Case(
        "a batch of too many commands",
        post("batch", '{"commands":[{"info":{}},{"info":{}},{"info":{}},{"info":{}}]}'),
        Http(400, "1 to 3 commands"),
    ),
    Case(
        "a batch in a batch",
        post("batch", '{"commands":[{"batch":{"commands":[]}}]}'),
        Http(200, '"code":104'),
    ),
    Case("an order that means nobody", post("disconnect", "{}"), Http(200, "name a user")),
    Case(
        "a close code that is none",
        post("disconnect", '{"user":"a","disconnect":{"code":7}}'),
        Http(200, "from 3000 to 4999"),
    ),
    Case(
        "a call of an application that is not there",
        post("rpc", '{"method":"now"}'),
        Http(200, '"code":104'),
    ),
    Case("a body above the limit", post("publish", "x" * 70000), Http(413, "65536 bytes")),
]
