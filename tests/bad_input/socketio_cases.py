"""Mistakes of whoever speaks Socket.IO, over WebSocket or by polling."""

from __future__ import annotations

from tests.bad_input.mistakes import Case, Closed, Http, Told
from tests.bad_input.raw import BINARY, TEXT, frame, handshake
from tests.bad_input.stream_cases import EVIL, request

PATH = "/socket.io/?EIO=4&transport="


def said(*packets: str | bytes, path: str = f"{PATH}websocket") -> tuple[bytes, ...]:
    frames = [
        frame(BINARY, packet) if isinstance(packet, bytes) else frame(TEXT, packet.encode())
        for packet in packets
    ]
    return (handshake(path), *frames)


def asked(method: str, path: str, body: str = "", **headers: str) -> tuple[bytes, ...]:
    length = {"content_length": str(len(body))} if body else {}
    return (request(method, path, body.encode(), {**length, **headers}),)


POLLED = f"{PATH}polling&sid=SID"


def polled(*bodies: str) -> tuple[bytes, ...]:
    """Return the requests that begin a session which polls, and say something in it."""
    return (
        *asked("GET", f"{PATH}polling"),
        *(asked("POST", POLLED, body)[0] for body in bodies),
    )


SOCKETIO_CASES = [
    Case(
        "another revision of Engine.IO",
        asked("GET", "/socket.io/?EIO=3&transport=polling"),
        Http(400, "Unsupported protocol version"),
    ),
    Case(
        "another revision, by WebSocket",
        (handshake("/socket.io/?EIO=3&transport=websocket"),),
        Http(400, "Unsupported protocol version"),
    ),
    Case("another transport", asked("GET", f"{PATH}flash"), Http(400, "Transport unknown")),
    Case("JSONP", asked("GET", f"{PATH}polling&j=0"), Http(400, "JSONP is not served")),
    Case(
        "a session that is not there",
        asked("GET", f"{PATH}polling&sid=a.b"),
        Http(400, "Session ID unknown"),
    ),
    Case(
        "a session that is not there, by WebSocket",
        (handshake(f"{PATH}websocket&sid=a.b"),),
        Http(400, "Session ID unknown"),
    ),
    Case(
        "a session that begins with POST",
        asked("POST", f"{PATH}polling", "40"),
        Http(400, "Bad handshake method"),
    ),
    Case(
        "a page of another origin", asked("GET", f"{PATH}polling", **EVIL), Http(403, "Forbidden")
    ),
    Case(
        "no Engine.IO packet, by polling",
        asked("POST", POLLED, "hello"),
        Http(400, "Bad request"),
        before=polled(),
    ),
    Case(
        "bytes that are not base64, by polling",
        asked("POST", POLLED, "b?"),
        Http(400, "Bad request"),
        before=polled(),
    ),
    Case(
        "a request above the limit, by polling",
        asked("POST", POLLED, "4" * 65537),
        Http(413, "65536 bytes"),
        before=polled(),
    ),
    Case(
        "a poll after any of these",
        asked("GET", POLLED),
        Http(400, "Session ID unknown"),
        before=polled("hello"),
    ),
    Case("no Engine.IO packet", said("hello"), Closed(3501)),
    Case("a probe without a session", said("2probe"), Closed(3501)),
    Case("no Socket.IO packet", said("4hello"), Closed(3501)),
    Case("an event before connecting", said('42["say"]'), Closed(3501)),
    Case("a namespace twice", said("40", "40"), Closed(3501)),
    Case("bytes that nobody announced", said("40", b"\0"), Closed(3501)),
    Case(
        "text where bytes are due",
        said("40", '451-["a",{"_placeholder":true,"num":0}]', '42["b"]'),
        Closed(3501),
    ),
    Case("a placeholder of nothing", said("40", '451-["a"]', b"\0"), Closed(3501)),
    Case("nobody connects in time", said(), Closed(3502)),
    Case("no answer to pings", said("40"), Closed(3012)),
    Case("a token that is none", said('40{"token":"x.y.z"}'), Closed(3500)),
    Case(
        "an event without a function",
        said("40", '421["say"]'),
        Told('431[{"error":{"code":108'),
    ),
    Case(
        "a position that is none",
        said("40", '421["subscribe",{"channel":"a","since":"here"}]'),
        Told('431[{"error":{"code":107'),
    ),
    Case(
        "publishing where nobody may",
        said("40", '42["publish",{"channel":"news:a","data":1}]'),
        Told('42["error",{"code":103'),
    ),
]
