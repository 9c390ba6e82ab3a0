"""What a client asks about inboxes, in every protocol."""

from __future__ import annotations

import json

import pytest

from hubbub.dialects.centrifuge.requests import RpcRequest
from hubbub.dialects.commands import Command, Unsupported
from hubbub.dialects.inbox import Acknowledge, CountUnread, MarkRead, Pull, Send
from hubbub.dialects.operations import operation
from hubbub.dialects.socketio import asked as socketio
from hubbub.dialects.text import TextDialect, TextSettings
from hubbub.model import Kind, Packet

OPERATIONS: list[tuple[str, dict[str, object], Command]] = [
    ("hubbub.send", {"user": "bob", "data": [1]}, Send("bob", b"[1]", id=5)),
    (
        "hubbub.send",
        {"user": "bob", "data": "/wA=", "encoding": "base64", "key": "k"},
        Send("bob", b"\xff\x00", Kind.BINARY, 5, "k"),
    ),
    ("hubbub.inbox_ack", {"upto": 7}, Acknowledge(5, 7)),
    (
        "hubbub.inbox_ack",
        {"offsets": [9, 8], "device": "phone", "epoch": "e"},
        Acknowledge(5, 0, (9, 8), "phone", "e"),
    ),
    ("hubbub.inbox_read", {"upto": 7}, MarkRead(7, 5)),
    ("hubbub.inbox_read", {"upto": 7, "sender": "", "epoch": "e"}, MarkRead(7, 5, "", "e")),
    ("hubbub.inbox_unread", {}, CountUnread(5)),
    ("hubbub.inbox_pull", {}, Pull(5)),
    (
        "hubbub.inbox_pull",
        {"limit": 3, "since": 2, "device": "", "take": True},
        Pull(5, 3, 2, "", take=True),
    ),
]


@pytest.mark.parametrize(("name", "body", "means"), OPERATIONS, ids=range(len(OPERATIONS)))
def test_an_operation_is_the_same_in_all_protocols(
    name: str, body: dict[str, object], means: Command
) -> None:
    said = json.dumps(body).encode()
    text = TextDialect(TextSettings(format="json"), "room", "ann")
    line = json.dumps({"type": name, "id": 5, **body}).encode()

    assert operation(name, said, 5) == means
    assert RpcRequest(name, said).command(5) == means  # type: ignore[arg-type]
    assert socketio.operation("/", name, [body], 5) == means
    assert socketio.operation("/chat", name, [body], 5) == means
    assert list(text.receive(Packet(line))) == [means]


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_nothing_is_enough_where_nothing_is_needed(body: bytes) -> None:
    assert operation("hubbub.inbox_unread", body, 5) == CountUnread(5)
    assert socketio.operation("/", "hubbub.inbox_unread", [], 5) == CountUnread(5)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("hubbub.send", {"user": "bob"}),
        ("hubbub.send", {"data": 1}),
        ("hubbub.send", {"user": "x" * 129, "data": 1}),
        ("hubbub.send", {"user": "bob", "data": 1, "encoding": "base64"}),
        ("hubbub.send", {"user": "bob", "data": "?", "encoding": "base64"}),
        ("hubbub.send", {"user": "bob", "data": 1, "key": "x" * 129}),
        ("hubbub.inbox_ack", {"upto": -1}),
        ("hubbub.inbox_ack", {"offsets": [1] * 1001}),
        ("hubbub.inbox_ack", {"offsets": ["1"]}),
        ("hubbub.inbox_read", {}),
        ("hubbub.inbox_read", {"upto": 2**53}),
        ("hubbub.inbox_unread", []),
        ("hubbub.inbox_pull", {"limit": -1}),
        ("hubbub.inbox_burn", {}),
    ],
    ids=range(14),
)
def test_what_does_not_fit_is_told(name: str, body: object) -> None:
    command = operation(name, json.dumps(body).encode(), 5)

    assert isinstance(command, Unsupported)
    assert command.error.code == (104 if name == "hubbub.inbox_burn" else 107)
