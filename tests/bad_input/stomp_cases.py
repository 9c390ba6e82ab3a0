"""Mistakes of whoever speaks STOMP."""

from __future__ import annotations

from tests.bad_input.mistakes import Case, Closed
from tests.bad_input.raw import TEXT, frame, handshake

CONNECT = "CONNECT\naccept-version:1.2\n\n\0"


def said(*frames: str) -> tuple[bytes, ...]:
    return (handshake("/stomp"), *(frame(TEXT, each.encode()) for each in frames))


def then(*frames: str) -> tuple[bytes, ...]:
    return said(CONNECT, *frames)


def error(sentence: str) -> str:
    return f"message:{sentence}"


STOMP_CASES = [
    Case("no frame", said("hello\0"), Closed(3501, before="ends within its headers")),
    Case("a frame before CONNECT", said("SEND\n\n\0"), Closed(3501, before="cannot be said now")),
    Case(
        "a version that nobody speaks",
        said("CONNECT\naccept-version:3.0\n\n\0"),
        Closed(3501, before="version:1.0,1.1,1.2"),
    ),
    Case(
        "heart-beats that are no numbers",
        said("CONNECT\naccept-version:1.2\nheart-beat:often\n\n\0"),
        Closed(3501, before="two numbers"),
    ),
    Case(
        "a token that is none",
        said("CONNECT\naccept-version:1.2\ntoken:x.y.z\n\n\0"),
        Closed(3500, before=error("invalid token")),
    ),
    Case("nobody connects in time", said(), Closed(3502, before=error("stale"))),
    Case(
        "no heart-beat where some are due",
        said("CONNECT\naccept-version:1.2\nheart-beat:1000,0\n\n\0"),
        Closed(3012, before=error("no pong")),
    ),
    Case("a second CONNECT", then(CONNECT), Closed(3501, before="cannot be said now")),
    Case(
        "an escape that is none",
        then("SEND\ndestination:\\t\n\n\0"),
        Closed(3501, before="no escape"),
    ),
    Case(
        "a body that is longer than it says",
        then("SEND\ndestination:/topic/a\ncontent-length:1\n\nab\0"),
        Closed(3501, before="content-length"),
    ),
    Case(
        "a frame above the limit",
        then("SEND\ndestination:/topic/a\ncontent-length:70000\n\n"),
        Closed(1008, before="more than 65536 bytes"),
    ),
    Case(
        "a destination that means nothing",
        then("SEND\ndestination:room\n\nhi\0"),
        Closed(3501, before="no such destination"),
    ),
    Case(
        "JSON that is none",
        then("SEND\ndestination:/topic/a\ncontent-type:application/json\n\n{\0"),
        Closed(3501, before="not JSON"),
    ),
    Case(
        "a tag that is the server's to give",
        then("SEND\ndestination:/topic/a\nkind:edit\n\nhi\0"),
        Closed(3501, before="'kind'"),
    ),
    Case(
        "publishing where nobody may",
        then("SEND\ndestination:/topic/news\\ca\nreceipt:r\n\nhi\0"),
        Closed(1008, before="receipt-id:r"),
    ),
    Case(
        "subscribing where nobody may",
        then("SUBSCRIBE\nid:a\ndestination:/topic/secret\\ca\n\n\0"),
        Closed(1008, before="x-code:103"),
    ),
    Case(
        "a selector that cannot be understood",
        then("SUBSCRIBE\nid:a\ndestination:/topic/a\nselector:price >\n\n\0"),
        Closed(3501, before="selector"),
    ),
    Case(
        "a transaction of which one part is refused",
        then(
            "BEGIN\ntransaction:t\n\n\0",
            "SEND\ndestination:/topic/a\ntransaction:t\n\nhi\0",
            "SEND\ndestination:/topic/news\\ca\ntransaction:t\n\nhi\0",
            "COMMIT\ntransaction:t\n\n\0",
        ),
        Closed(1008, before="none of them is done"),
    ),
    Case(
        "consuming a queue without a name",
        then("SUBSCRIBE\nid:a\ndestination:/queue/\n\n\0"),
        Closed(3501, before="no such destination"),
    ),
    Case(
        "the inbox of nobody",
        then("SUBSCRIBE\nid:a\ndestination:/user/queue/x\n\n\0"),
        Closed(1008, before="x-code:103"),
    ),
    Case(
        "an acknowledgement of nothing",
        then("ACK\nid:1\n\n\0"),
        Closed(3501, before="about no message"),
    ),
    Case(
        "a transaction that did not begin",
        then("COMMIT\ntransaction:t\n\n\0"),
        Closed(3501, before="no transaction"),
    ),
    Case(
        "a function where there is none",
        then("SEND\ndestination:/app/say\n\nhi\0"),
        Closed(1008, before="x-code:108"),
    ),
    Case(
        "more frames than the rate allows",
        then(*["SEND\ndestination:/topic/a\n\nhi\0" * 60]),
        Closed(1013, before="x-code:111"),
    ),
]
