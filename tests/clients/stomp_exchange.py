"""What the specifications of STOMP say, clause by clause, as exchanges with a server.

https://stomp.github.io/stomp-specification-1.0.html, -1.1.html and -1.2.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.bad_input.raw import BINARY, CLOSE, TEXT, Raw, frame, handshake


class Until(str):
    """Hear what the server says up to and with this before going on."""

    __slots__ = ()


class Clause(NamedTuple):
    """One exchange.

    Args:
        clause: version and heading, and what it says. says: what the client writes and waits for in turn;
            then it takes its leave, unless the server ended it. heard: what is heard, expressions in order.
        close: with what code the server closes.
    """

    clause: str
    says: tuple[str | Until, ...]
    heard: tuple[str, ...]
    close: int = 1000


def connect(version: str, *headers: str) -> str:
    return "\n".join(["CONNECT", f"accept-version:{version}", "host:x", *headers, "", "\0"])


def said(command: str, *headers: str, body: str = "") -> str:
    return "\n".join([command, *headers, "", f"{body}\0"])


V1_1, V1_2 = connect("1.1"), connect("1.2")
V1_0 = said("CONNECT", "login:li", "passcode:secret")
ROOM = "destination:/topic/clauses"
BYE = said("DISCONNECT", "receipt:bye")
LEFT = "RECEIPT\nreceipt-id:bye\n\n\0$"
FOLLOWED = Until("receipt-id:followed")


def follow(*headers: str) -> str:
    return said("SUBSCRIBE", "id:s", ROOM, "receipt:followed", *headers)


def wrong(sentence: str, *headers: str) -> tuple[str, ...]:
    return (r"ERROR\n", f"message:.*{sentence}", *headers, r"\0$")


def difference(port: int, clause: Clause, number: int) -> str:
    """Return what a server does otherwise than a clause says; "" for nothing. Each number has its room."""
    heard, code, room = "", 0, f"clause-{number}"
    with Raw(port) as raw:
        raw.send(handshake("/stomp"))
        raw.response()

        def hear(until: str | None) -> None:
            nonlocal heard, code
            begin = len(heard)
            while not code and (until is None or until not in heard[begin:]):
                found = raw.frame()
                if found is None:
                    code = -1
                elif found.opcode == CLOSE:
                    code = found.code
                elif found.opcode in {TEXT, BINARY}:
                    heard += found.payload.decode()

        for each in (*clause.says, BYE):
            if isinstance(each, Until):
                hear(each)
            elif not code:
                raw.send(frame(TEXT, each.replace("clauses", room).encode()))
        hear(None)
    expected = re.search(".*?".join(clause.heard).replace("clauses", room), heard, re.DOTALL)
    if expected and code == clause.close:
        return ""
    return f"{clause.clause}: {heard!r} and {code}"
