"""What hostile clients say: requests and messages that nobody means, drawn by a seed to come again."""

from __future__ import annotations

import json
import zlib
from random import Random
from typing import Any

from tests.transports.wire import client_frame, handshake

MORE, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9

PATHS = (
    *("/", "/admin/session", "/admin/api/info", "/api/publish", "/api/batch", "/health/ready"),
    *("/emulation", "/inbox/pull?user=a", "/inbox/send?user=a", "/nothing", "/ws/%ff%00"),
    *(
        "/connection/sse?cf_connect=%7B%7D",
        "/connection/http_stream",
        "/connection/uni_http_stream",
    ),
    *("/connection/uni_sse?cf_connect=%7B%7D", "/connection/websocket", "/ws/lobby", "/stomp/info"),
    *("/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=4&transport=polling&sid=x.y"),
    *(
        "/stomp/1/abc/xhr_send",
        "/stomp/1/abc/jsonp_send",
        "/stomp/1/abc/jsonp?c=a",
        "/stomp/1/b/xhr",
    ),
    *("/../../etc/passwd", "/assets/..%2f..%2fetc/passwd", "//evil.example/", "*", "http://evil/"),
)
METHODS = ("GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
BODIES = (
    *(b"", b"{}", b"[]", b"null", b"1e999", b"NaN", b'"\\ud800"', b'\xff\xfe{"a":1}', b"\x00" * 50),
    *(b"[" * 3_000, b'{"a":' * 3_000, b'{"x":' + b"[" * 1_500 + b"]" * 1_500 + b"}", b"d=%ff%00"),
    b'{"limit":null,"x":"\\ud83d","data":' + b"[" * 1_500 + b"]" * 1_500 + b"}",
    *(b'{"channel":"a","channel":"b","data":1}', b'{"data":' + b"9" * 5_000 + b"}", b"d=" * 500),
    *(b'{"channel":"\\ud800","data":1}', b'{"channel":"a\\u0000b","data":1}', b'{"limit":1e308}'),
    *(
        b'{"channel":"' + b"x" * 9_000 + b'","data":1}',
        b"40\x1e40",
        b"b!!",
        b'451-["a"]',
        b'["a",1]',
    ),
)
HEADERS = (
    *(
        b"X-Forwarded-For: \xff, 1.1.1.1",
        b"Cookie: hubbub_admin=\xff",
        b"Authorization: Bearer \xff",
    ),
    *(
        b"X-API-Key: \xff",
        b"Origin: http://[::1",
        b"Origin: \xff",
        b"Host: [::1",
        b"Referer: http://[",
    ),
    *(b"Expect: 100-continue", b"Upgrade: h2c", b"Connection: upgrade", b"Sec-WebSocket-Key: \xff"),
    *(
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Transfer-Encoding: chunked, identity",
        b"X: a\r\n b",
    ),
    *(b"Content-Length: 99999999999999999999999", b"Content-Length: -1", b"If-None-Match: \xff"),
    *(b"Content-Type: application/octet-stream", b"Content-Type: text/plain; charset=utf-16"),
    *(b"Content-Type: application/x-www-form-urlencoded", b"Access-Control-Request-Headers: \xff"),
)


def posts() -> list[bytes]:
    """Return every body for every entry, in requests with nothing else wrong about them."""
    head = "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
    return [head.format(path, len(body)).encode() + body for path in PATHS for body in BODIES]


def request(draw: Random) -> bytes:
    """Return a request, or something like it."""
    body = draw.choice(BODIES)
    lines = [f"{draw.choice(METHODS)} {draw.choice(PATHS)} HTTP/1.1".encode(), b"Host: localhost"]
    lines += draw.sample(HEADERS, draw.randrange(4))
    if draw.random() < 0.5:
        lines.append(b"Content-Length: %d" % (len(body) + draw.choice((0, 0, 0, 9))))
    else:
        lines.append(b"Transfer-Encoding: chunked")
        body = b"%x\r\n%b\r\n" % (len(body), body) + draw.choice(
            (b"0\r\n\r\n", b"0\r\n\r\n", b"zz\r\n")
        )
    whole = b"\r\n".join([*lines, b"", body])
    return whole[: draw.randrange(len(whole))] if draw.random() < 0.1 else whole


# ── messages ────────────────────────────────────────────────────────────────────────────────────

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 1.5, 1e308, "", "a", "\ud800", "a\0b"),
    *([], [1], {}, {"a": 1}, "room", "chat:lobby", "!control", "#ann", "*", "news:*", "x" * 300),
)
NAMES = (
    *("id", "channel", "data", "token", "recover", "epoch", "offset", "since", "limit", "reverse"),
    *(
        "name",
        "subs",
        "flag",
        "delta",
        "tf",
        "op",
        "key",
        "vals",
        "nodes",
        "method",
        "user",
        "upto",
    ),
    *("device", "message", "emoji", "text", "to", "mentions", "join_leave", "headers", "type"),
)
COMMANDS = (
    *("connect", "subscribe", "unsubscribe", "publish", "presence", "presence_stats", "history"),
    *("ping", "send", "rpc", "refresh", "sub_refresh"),
)
OPERATIONS = (
    *(
        "edit",
        "delete",
        "react",
        "typing",
        "mark",
        "receipts",
        "rooms",
        "people",
        "status",
        "nothing",
    ),
    *(
        "inbox_pull",
        "inbox_send",
        "inbox_ack",
        "inbox_read",
        "inbox_unread",
        "publish",
        "subscribe",
    ),
)
DEEP = ("[" * 1_900 + "]" * 1_900, '{"a":' * 900 + "1" + "}" * 900, "[" * 900 + "]" * 900)


def value(draw: Random, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Return a value that is hardly what is expected."""
    if draw.random() < 0.7 or depth > 3:
        return draw.choice(VALUES)
    if draw.random() < 0.5:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(NAMES): value(draw, depth + 1) for _ in range(draw.randrange(5))}


def fields(draw: Random) -> str:
    """Return a JSON object of a channel and of whatever."""
    said = {"channel": draw.choice(("room", "chat:lobby", draw.choice(VALUES)))}
    said |= {draw.choice(NAMES): value(draw) for _ in range(draw.randrange(5))}
    text = json.dumps(said)
    return f'{text[:-1]},"data":{draw.choice(DEEP)}}}' if draw.random() < 0.2 else text


def centrifuge(draw: Random) -> str:
    """Return a command of the Centrifuge protocol."""
    name, said = draw.choice(COMMANDS), fields(draw)
    if name == "rpc":
        said = f'{{"method":"hubbub.{draw.choice(OPERATIONS)}","data":{said}}}'
    number = value(draw) if draw.random() < 0.05 else draw.randrange(1, 5)
    return f'{{"id":{json.dumps(number)},"{name}":{said}}}'


def socketio(draw: Random) -> str:
    """Return a packet of Engine.IO, mostly with one of Socket.IO in it."""
    kinds = (
        "42",
        "42",
        "42",
        "43",
        "40",
        "41",
        "40/admin,",
        "421",
        "451-",
        "45999999-",
        "2probe",
        "5",
    )
    event = draw.choice((f"hubbub.{draw.choice(OPERATIONS)}", "say", "connect", "error"))
    placeholder = f'{{"_placeholder":true,"num":{draw.choice(("0", "-1", "[]", "1e9"))}}}'
    said = draw.choice((fields(draw), json.dumps(value(draw)), placeholder, draw.choice(DEEP)))
    return f"{draw.choice(kinds)}[{json.dumps(event)},{said}]"


def stomp(draw: Random) -> str:
    """Return a frame of STOMP."""
    commands = (
        "SEND",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "ACK",
        "NACK",
        "BEGIN",
        "COMMIT",
        "ABORT",
        "NOPE",
    )
    places = (
        "/topic/room",
        "/queue/a",
        "/user/inbox",
        "/app/f",
        "/app/hubbub.edit",
        "",
        "/topic/a\\cb",
    )
    headers = {
        "destination": draw.choice(places),
        "id": draw.choice(("0", "a", "")),
        "receipt": "r",
        "transaction": draw.choice(("t", "")),
        "ack": draw.choice(("auto", "client", "x")),
        "content-length": draw.choice(("0", "3", "-1", "abc", "99999999999999999999")),
        "content-type": "application/json",
        "x-since": draw.choice(("a", "1:2:3")),
        "prefetch-count": draw.choice(("0", "-1", "99999999999", "x")),
        "message-id": draw.choice(("room@1", "@", "x@99999999999999999999")),
        "wrong": draw.choice(("\\q", "x" * 9_000, "a:b")),
    }
    chosen = draw.sample(sorted(headers), draw.randrange(1, 7))
    lines = "\n".join(f"{name}:{headers[name]}" for name in chosen)
    return f"{draw.choice(commands)}\n{lines}\n\n{draw.choice(('', 'abc', fields(draw)))}\0"


DIALOGUES = (
    ("/connection/websocket", '{"id":9,"connect":{}}', centrifuge),
    ("/connection/uni_websocket", "", centrifuge),
    ("/ws/lobby?format=json", "", centrifuge),
    ("/ws/chat:a%00b", "", centrifuge),
    ("/socket.io/?EIO=4&transport=websocket", "40", socketio),
    ("/stomp", "CONNECT\naccept-version:1.2\n\n\0", stomp),
    ("/connection/sockjs/1/x/websocket", '["{\\"id\\":9,\\"connect\\":{}}"]', centrifuge),
)
"""Where what is spoken, with what a client says first."""


def _packed(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return (packer.compress(bytes(size)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


BOMB = client_frame(TEXT, _packed(20_000_000), rsv1=True)
"""Twenty megabytes in a compressed message of twenty kilobytes."""


def frames(draw: Random, text: str) -> bytes:
    """Return a message as it may be framed, or not."""
    said = text.encode("utf-8", "surrogatepass")
    whole = client_frame(TEXT, said)
    odd = (
        client_frame(TEXT, b"a", fin=False) + client_frame(MORE, b"", fin=False) * 100,
        client_frame(BINARY, said),
        client_frame(PING, said[:125]),
        client_frame(CLOSE, draw.choice((b"", b"\x03", b"\x00\x00", b"\x03\xed", b"\x03\xe8\xff"))),
        bytes((draw.randrange(256),)) + whole[1:],
        b"\x81\xff" + b"\xff" * 8 + b"\x01\x02\x03\x04",
        client_frame(TEXT, b"hello", mask=False),
        draw.randbytes(60),
        BOMB,
    )
    return draw.choice(odd) if draw.random() < 0.08 else whole  # most of them are the end


def dialogue(draw: Random) -> bytes:
    """Return all that a client says over a WebSocket, from the handshake on."""
    path, first, speak = draw.choice(DIALOGUES)
    packed = "permessage-deflate" if draw.random() < 0.5 else None
    said = handshake(path, Host="localhost", Sec_WebSocket_Extensions=packed)
    said += client_frame(TEXT, first.encode()) if first else b""
    for _ in range(draw.randrange(1, 15)):
        text = speak(draw)
        said += frames(draw, json.dumps([text]) if "sockjs" in path else text)
    return said
