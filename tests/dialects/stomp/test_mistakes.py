"""What a client can say wrong, and that it is told."""

from __future__ import annotations

import pytest

from hubbub.dialects import contract as say
from hubbub.model import Packet
from tests.dialects.stomp.talk import error_of, introduced, refused, written


@pytest.mark.parametrize(
    ("command", "headers", "sentence"),
    [
        ("SEND", {}, "'destination'"),
        ("SEND", {"destination": "nowhere"}, "no such destination"),
        ("SEND", {"destination": "/temp-queue/x"}, "nobody can send"),
        ("SEND", {"destination": "/topic/a", "kind": "edit"}, "'kind'"),
        ("SEND", {"destination": "/topic/a", "transaction": "t"}, "no transaction"),
        ("SEND", {"destination": "/app/a", "reply_to": "/topic/a"}, "reply-to"),
        ("SUBSCRIBE", {"destination": "/topic/a"}, "'id'"),
        ("SUBSCRIBE", {"destination": "/topic/a", "id": "a", "x_since": "x"}, "no position"),
        ("UNSUBSCRIBE", {"id": "a"}, "no subscription"),
        ("ACK", {"id": "x"}, "no message"),
        ("COMMIT", {"transaction": "t"}, "no transaction"),
        ("ABORT", {}, "'transaction'"),
        ("BOUNCE", {}, "cannot be said now"),
    ],
)
def test_mistakes_are_told(command: str, headers: dict[str, str], sentence: str) -> None:
    assert sentence in refused(introduced(), command, receipt="r", **headers)


def test_what_came_before_a_mistake_is_done() -> None:
    dialect = introduced()
    good, bad = written("SEND", b"x", destination="/topic/a"), written("NONSENSE")
    publish, mistake = dialect.receive(Packet(good + bad + good))
    assert isinstance(publish, say.Publish)
    assert isinstance(mistake, say.Unsupported)
    assert dialect.receive(Packet(good)) == []


@pytest.mark.parametrize(
    "rest", ["destination:/topic/a\ncontent-length:1\n\nab\0", "content-length:99999999\n\n"]
)
def test_what_is_wrong_with_a_body_names_the_receipt_too(rest: str) -> None:
    dialect = introduced()
    (command,) = dialect.receive(Packet(f"SEND\nreceipt:r\n{rest}".encode()))
    assert isinstance(command, say.Unsupported)
    assert error_of(dialect, command, say.Failed(command.error))["receipt-id"] == "r"


def test_a_frame_that_is_too_large() -> None:
    dialect = introduced()
    (command,) = dialect.receive(Packet(b"SEND\ncontent-length:99999999\n\n"))
    assert isinstance(command, say.Unsupported)
    assert error_of(dialect, command, say.Failed(command.error))["x-code"] == "106"
