"""Mistakes on an open WebSocket: frames, and the messages of each dialect."""

from __future__ import annotations

from tests.bad_input.mistakes import Case, Closed, Told
from tests.bad_input.raw import BINARY, CLOSE, PING, TEXT, frame, handshake

PLAIN = handshake("/ws/bad-input")
JSON = handshake("/ws/bad-input?format=json")
SDK = handshake("/connection/websocket")
HELLO = '{"id":1,"connect":{}}'


def text(*messages: str) -> tuple[bytes, ...]:
    return tuple(frame(TEXT, message.encode()) for message in messages)


FRAME_CASES = [
    Case("a frame without a mask", (PLAIN, frame(TEXT, b"x", masked=False)), Closed(1002, "mask")),
    Case("a reserved bit", (PLAIN, frame(TEXT, b"x", first=0xA0)), Closed(1002, "reserved bit")),
    Case("a reserved opcode", (PLAIN, frame(0x3)), Closed(1002, "reserved")),
    Case("a fragmented ping", (PLAIN, frame(PING, b"x", first=0)), Closed(1002, "fragmented")),
    Case("a ping of 126 bytes", (PLAIN, frame(PING, b"x" * 126)), Closed(1002, "125 bytes")),
    Case("a continuation of nothing", (PLAIN, frame(0x0, b"x")), Closed(1002)),
    Case(
        "a new message inside another",
        (PLAIN, frame(TEXT, b"x", first=0), frame(TEXT, b"y")),
        Closed(1002),
    ),
    Case("text that is not UTF-8", (PLAIN, frame(TEXT, b"\xff")), Closed(1007, "UTF-8")),
    Case(
        "a message above the limit",
        (PLAIN, frame(BINARY, b"x" * 65537)),
        Closed(1009, "65536 bytes"),
    ),
    Case(
        "fragments that add up to more",
        (PLAIN, frame(BINARY, b"x" * 40000, first=0), frame(0x0, b"x" * 40000)),
        Closed(1009),
    ),
    Case(
        "a close code that must not be sent",
        (PLAIN, frame(CLOSE, b"\x03\xed")),
        Closed(1002, "1005"),
    ),
    Case("a close code of one byte", (PLAIN, frame(CLOSE, b"\x03")), Closed(1002, "two bytes")),
]

PLAIN_CASES = [
    Case("a channel that nobody may follow", (handshake("/ws/secret:x"),), Closed(1008)),
    Case("publishing where nobody may", (handshake("/ws/news:x"), *text("hello")), Closed(1008)),
    Case(
        "a channel name with control characters",
        (handshake("/ws/a%07b"),),
        Closed(1008, "control characters"),
    ),
    Case("a channel name that is too long", (handshake("/ws/" + "x" * 256),), Closed(1008)),
    Case("a name of our own", (handshake("/ws/!control"),), Closed(1008)),
    Case("a user name that is too long", (handshake("/ws/a?user=" + "x" * 129),), Closed(3500)),
    Case("more messages than the rate allows", (PLAIN, *text(*["flood"] * 200)), Closed(1013)),
]

JSON_CASES = [
    Case("a publish without data", (JSON, *text('{"type":"publish","id":1}')), Told('"code":107')),
    Case(
        "base64 that is none",
        (JSON, *text('{"type":"publish","data":"?","encoding":"base64","id":2}')),
        Told("base64"),
    ),
    Case(
        "a limit that is no number",
        (JSON, *text('{"type":"history","limit":"all"}')),
        Told('"code":107'),
    ),
    Case(
        "history since a position that is none",
        (JSON, *text('{"type":"history","since":"x"}')),
        Told("no position"),
    ),
    Case(
        "publishing where nobody may",
        (handshake("/ws/news:x?format=json"), *text('{"type":"publish","data":1,"id":3}')),
        Told('"code":103'),
    ),
    Case(
        "more commands than the rate allows",
        (JSON, *text(*['{"type":"ping"}'] * 200)),
        Closed(3013),
    ),
]

CENTRIFUGE_CASES = [
    Case("it is not JSON", (SDK, *text("hello")), Closed(3501)),
    Case("a binary frame", (SDK, frame(BINARY, b"{}")), Closed(3506)),
    Case("nothing in a frame", (SDK, *text("")), Closed(3501)),
    Case(
        "anything before connect",
        (SDK, *text('{"id":1,"publish":{"channel":"a","data":{}}}')),
        Closed(3501),
    ),
    Case("connecting twice", (SDK, *text(HELLO, '{"id":2,"connect":{}}')), Closed(3501)),
    Case(
        "a command without an id", (SDK, *text(HELLO, '{"history":{"channel":"a"}}')), Closed(3501)
    ),
    Case("a pong that answers nothing", (SDK, *text(HELLO, "{}", "{}")), Closed(3501)),
    Case("never connecting", (SDK,), Closed(3502)),
    Case(
        "a token that nobody can check",
        (SDK, *text('{"id":1,"connect":{"token":"x"}}')),
        Closed(3500),
    ),
    Case("a command that does not exist", (SDK, *text(HELLO, '{"id":2,"dance":{}}')), Closed(3501)),
    Case(
        "an RPC, which this server has none of",
        (SDK, *text(HELLO, '{"id":2,"rpc":{}}')),
        Told('"code":108'),
    ),
    Case(
        "a channel without a name",
        (SDK, *text(HELLO, '{"id":2,"subscribe":{"channel":""}}')),
        Closed(3501),
    ),
    Case(
        "a channel that nobody may follow",
        (SDK, *text(HELLO, '{"id":2,"subscribe":{"channel":"secret:x"}}')),
        Told('"code":103'),
    ),
    Case(
        "following a channel twice",
        (SDK, *text(HELLO, *['{"id":2,"subscribe":{"channel":"a"}}'] * 2)),
        Told('"code":105'),
    ),
    Case(
        "following more channels than the limit",
        (
            SDK,
            *text(HELLO, *[f'{{"id":{n},"subscribe":{{"channel":"c{n}"}}}}' for n in range(2, 6)]),
        ),
        Told('"code":106'),
    ),
    Case(
        "history before offset 0",
        (
            SDK,
            *text(
                HELLO,
                '{"id":2,"history":{"channel":"a","limit":1,"reverse":true,"since":{"offset":0}}}',
            ),
        ),
        Told('"code":107'),
    ),
    Case(
        "more commands than the rate allows",
        (SDK, *text(HELLO, *['{"id":2,"presence":{"channel":"a"}}'] * 200)),
        Closed(3013),
    ),
    Case("no answer to pings", (SDK, *text(HELLO)), Closed(3012)),
]
