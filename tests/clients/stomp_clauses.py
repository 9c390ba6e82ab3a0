"""What the specifications of STOMP say, clause by clause, as exchanges with a server.

https://stomp.github.io/stomp-specification-1.0.html, -1.1.html and -1.2.html
"""

from __future__ import annotations

from tests.clients.stomp_exchange import (
    FOLLOWED,
    LEFT,
    ROOM,
    V1_0,
    V1_1,
    V1_2,
    Clause,
    Until,
    connect,
    follow,
    said,
    wrong,
)

CLAUSES = (
    Clause(
        "1.0 connect: no version is asked for",
        (V1_0,),
        ("^CONNECTED\nversion:1.0\n", "session:.", LEFT),
    ),
    Clause(
        "1.2 connecting: STOMP is CONNECT",
        (V1_2.replace("CONNECT", "STOMP"),),
        ("version:1.2", LEFT),
    ),
    Clause(
        "1.2 negotiation: the highest common version",
        (connect("1.0,1.1,2.0"),),
        ("version:1.1\n", LEFT),
    ),
    Clause(
        "1.2 negotiation: none in common",
        (connect("2.1"),),
        wrong("versions of STOMP", "version:1.0,1.1,1.2"),
        3501,
    ),
    Clause(
        "1.2 heart-beating: both sides' promises",
        (connect("1.2", "heart-beat:4000,3000"),),
        ("heart-beat:2000,4000\n", LEFT),
    ),
    Clause("1.2 heart-beating: none is 0,0", (V1_2,), ("heart-beat:0,0\n", LEFT)),
    Clause(
        "1.0 has no heart-beats",
        (said("CONNECT", "heart-beat:1,1"),),
        (r"^CONNECTED((?!heart).)*\0", LEFT),
    ),
    Clause(
        "1.2 value encoding: CONNECT and CONNECTED are not escaped",
        (connect("1.2", r"login:a\cb:c"),),
        (r"user-name:a\\cb:c\n", LEFT),
    ),
    Clause(
        "1.2 value encoding: other frames are",
        (V1_2, follow(), FOLLOWED, said("SEND", ROOM, r"t\c:\\a\nb\r"), Until("\0")),
        (r"\nt\\c:\\\\a\\nb\\r\n", LEFT),
    ),
    Clause(
        "1.2 value encoding: any other is fatal",
        (V1_2, said("SEND", ROOM, r"t:\t")),
        wrong("no escape"),
        3501,
    ),
    Clause(
        "1.1 value encoding: there is no word for a CR",
        (V1_1, said("SEND", ROOM, r"t:\r")),
        wrong("no escape"),
        3501,
    ),
    Clause(
        "1.0 has no escapes, and trims",
        (V1_0, follow(), FOLLOWED, said("SEND", ROOM, r" t : \c a:b "), Until("\0")),
        (r"\nt:\\c a:b\n", LEFT),
    ),
    Clause(
        "1.2 frames: a CR may stand before each line feed",
        (V1_2.replace("\n", "\r\n"), follow().replace("\n", "\r\n"), FOLLOWED),
        ("version:1.2", "receipt-id:followed\n", LEFT),
    ),
    Clause(
        "1.2 frames: line feeds may come between them", (f"{V1_2}\n\r\n\n",), ("version:1.2", LEFT)
    ),
    Clause(
        "1.2 body: content-length allows for NULs",
        (
            V1_2,
            follow(),
            FOLLOWED,
            said("SEND", ROOM, "content-length:3", body="a\0b"),
            Until("a\0b\0"),
        ),
        ("content-length:3\n\na\0b\0", LEFT),
    ),
    Clause(
        "1.2 body: a NUL ends it behind its length",
        (V1_2, said("SEND", ROOM, "content-length:1", "receipt:r", body="ab")),
        wrong("content-length", "receipt-id:r"),
        3501,
    ),
    Clause(
        "1.2 body: only some have one",
        (V1_2, said("BEGIN", "transaction:t", "receipt:r", body="x")),
        wrong("no body", "receipt-id:r"),
        3501,
    ),
    Clause(
        "1.2 content-type: as it was sent",
        (
            V1_2,
            follow(),
            FOLLOWED,
            said("SEND", ROOM, "content-type:text/csv;charset=utf-8", body="a"),
            Until("a\0"),
        ),
        (r"content-type:text/csv;charset=utf-8\n", LEFT),
    ),
    Clause(
        "1.2 repeated headers: the first counts",
        (V1_2, follow(), FOLLOWED, said("SEND", ROOM, "t:1", "t:2"), Until("\0")),
        (r"\nt:1\n((?!t:2).)*\0", LEFT),
    ),
    Clause(
        "1.2 receipt: on any frame",
        (
            V1_2,
            said("BEGIN", "transaction:t", "receipt:b"),
            said("SEND", ROOM, "transaction:t", "receipt:s"),
            said("COMMIT", "transaction:t", "receipt:c"),
            follow(),
            said("UNSUBSCRIBE", "id:s", "receipt:u"),
        ),
        (
            "receipt-id:b",
            "receipt-id:s",
            "receipt-id:c",
            "receipt-id:followed",
            "receipt-id:u",
            LEFT,
        ),
    ),
    Clause("1.2 receipt: of DISCONNECT, and then the end", (V1_2,), (LEFT,)),
    Clause(
        "1.2 SEND: a destination is needed",
        (V1_2, said("SEND", "receipt:r")),
        wrong("'destination'", "receipt-id:r"),
        3501,
    ),
    Clause("1.2 SUBSCRIBE: an id is needed", (V1_2, said("SUBSCRIBE", ROOM)), wrong("'id'"), 3501),
    Clause(
        "1.0 SUBSCRIBE: none is",
        (
            V1_0,
            said("SUBSCRIBE", ROOM, "receipt:r"),
            Until("receipt-id:r"),
            said("SEND", ROOM),
            Until("\0"),
        ),
        (r"MESSAGE\ndestination:/topic/clauses\nmessage-id", LEFT),
    ),
    Clause(
        "1.2 SUBSCRIBE: ids differ", (V1_2, follow(), follow()), wrong("has this id already"), 3501
    ),
    Clause(
        "1.2 SUBSCRIBE: ack is one of three",
        (V1_2, follow("ack:all")),
        wrong("ack is one of"),
        3501,
    ),
    Clause(
        "1.0 SUBSCRIBE: ack is one of two",
        (V1_0, follow("ack:client-individual")),
        wrong("ack is one of"),
        3501,
    ),
    Clause(
        "1.2 UNSUBSCRIBE: of what there is",
        (V1_2, said("UNSUBSCRIBE", "id:x")),
        wrong("no subscription"),
        3501,
    ),
    Clause(
        "1.1 MESSAGE: message-id and subscription",
        (
            V1_1,
            said("SUBSCRIBE", "id:s", "destination:/queue/c11", "ack:client", "receipt:r"),
            Until("receipt-id:r"),
            said("SEND", "destination:/queue/c11"),
            Until("\0"),
        ),
        (r"\nsubscription:s\nmessage-id:queue\\cc11@", LEFT),
    ),
    Clause(
        "1.2 MESSAGE: ack where it is to be acknowledged",
        (
            V1_2,
            said("SUBSCRIBE", "id:s", "destination:/queue/c12", "ack:client", "receipt:r"),
            Until("receipt-id:r"),
            said("SEND", "destination:/queue/c12"),
            Until("\0"),
        ),
        (r"\nack:1\.[0-9]+@s\n", LEFT),
    ),
    Clause(
        "1.2 ACK: an id is needed", (V1_2, said("ACK", "message-id:a@1.1")), wrong("'id'"), 3501
    ),
    Clause(
        "1.1 NACK is no word of 1.0, and understood all the same",
        (V1_0, said("NACK", "message-id:a@1.1", "receipt:r")),
        ("receipt-id:r", LEFT),
    ),
    Clause(
        "1.2 BEGIN: names differ",
        (V1_2, said("BEGIN", "transaction:t") * 2),
        wrong("has begun already"),
        3501,
    ),
    Clause(
        "1.2 COMMIT: of what has begun",
        (V1_2, said("COMMIT", "transaction:t")),
        wrong("no transaction"),
        3501,
    ),
    Clause(
        "1.2 ABORT: nothing is sent",
        (
            V1_2,
            follow(),
            FOLLOWED,
            said("BEGIN", "transaction:t"),
            said("SEND", ROOM, "transaction:t", body="dropped"),
            said("ABORT", "transaction:t"),
            said("SEND", ROOM, body="sent"),
            Until("sent\0"),
        ),
        (r"^((?!dropped).)*sent\0", LEFT),
    ),
    Clause(
        "1.2 any other frame is an error",
        (V1_2, said("PEEK", "receipt:r")),
        wrong("'PEEK'", "receipt-id:r"),
        3501,
    ),
    Clause(
        "1.2 connecting: before anything else",
        (said("SEND", ROOM),),
        wrong("cannot be said now"),
        3501,
    ),
    Clause("1.2 connecting: once", (V1_2, V1_2), wrong("cannot be said now"), 3501),
    Clause(
        "1.2 size limits: headers",
        (V1_2, said("SEND", ROOM, *[f"h{n}:x" for n in range(64)])),
        wrong("64 headers"),
        1008,
    ),
    Clause(
        "1.2 size limits: a header",
        (V1_2, f"SEND\n{ROOM}\nlong:{'x' * 33_000}"),
        wrong("32768 bytes"),
        1008,
    ),
    Clause(
        "1.2 size limits: bodies",
        (V1_2, said("SEND", ROOM, "content-length:99999999", "receipt:r")),
        wrong("a frame has more than", "receipt-id:r"),
        1008,
    ),
)
