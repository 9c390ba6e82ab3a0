"""A STOMP dialect in a test's hand: frames in, commands out, and the ERROR that ends it."""

from __future__ import annotations

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.stomp.conversation import StompDialect
from hubbub.errors import ProtocolViolation
from hubbub.model import Packet
from tests.dialects.stomp.heard import hear

LIMIT = 64 * 1024


def written(command: str, body: bytes = b"", /, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}:{value}" for name, value in headers.items()]
    return "\n".join([command, *lines, "", ""]).encode() + body + b"\0"


def receive(
    dialect: StompDialect, command: str, body: bytes = b"", /, **headers: str
) -> list[say.Command]:
    return list(dialect.receive(Packet(written(command, body, **headers))))


def introduced(version: str = "1.2", **headers: str) -> StompDialect:
    dialect = StompDialect(LIMIT)
    (connect,) = receive(dialect, "CONNECT", accept_version=version, **headers)
    (connected,) = hear(dialect.reply(connect, say.Connected("s1", 25)))
    assert connected.command == "CONNECTED"
    assert connected.headers["version"] == version
    return dialect


def error_of(dialect: StompDialect, command: say.Command, reply: say.Failed) -> dict[str, str]:
    with pytest.raises(ProtocolViolation) as fault:
        dialect.reply(command, reply)
    (error,) = hear(dialect.farewell(fault.value.close))
    assert error.command == "ERROR"
    return error.headers


def refused(dialect: StompDialect, command: str, body: bytes = b"", /, **headers: str) -> str:
    """Return the sentence with which a frame is refused."""
    *_, command_ = receive(dialect, command, body, **headers)
    assert isinstance(command_, say.Unsupported)
    error = error_of(dialect, command_, say.Failed(command_.error))
    assert error.get("receipt-id", "") == headers.get("receipt", "")
    assert receive(dialect, "BEGIN", transaction="t") == []
    return error["message"]
