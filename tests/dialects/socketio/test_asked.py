from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from hubbub.dialects import contract as say
from hubbub.dialects.socketio.asked import operation
from hubbub.dialects.socketio.renderer import renderer_of
from hubbub.model import Kind, Position
from tests.contracts.dialect import json_values

AT = "e9.5.55"
SINCE = Position("e9", 5, 55)


@pytest.mark.parametrize(
    ("event", "argument", "command"),
    [
        ("subscribe", "room", say.Subscribe("room", 1)),
        ("subscribe", {"channel": "room"}, say.Subscribe("room", 1)),
        (
            "subscribe",
            {"channel": "c", "since": AT, "recent": 3, "join_leave": True, "token": "t", "data": 1},
            say.Subscribe("c", 1, SINCE, 3, join_leave=True, token="t", data=b"1"),
        ),
        ("unsubscribe", "room", say.Unsubscribe("room", 1)),
        (
            "publish",
            {"channel": "c", "data": {"a": [1]}},
            say.Publish("c", b'{"a":[1]}', Kind.JSON, 1),
        ),
        ("publish", {"channel": "c", "data": None}, say.Publish("c", b"null", Kind.JSON, 1)),
        (
            "publish",
            {"channel": "c", "data": b"\xff", "event": "file"},
            say.Publish("c", b"\xff", Kind.BINARY, 1, tags={"event": "file"}),
        ),
        ("history", "room", say.History("room", 1, -1)),
        (
            "history",
            {"channel": "c", "limit": 7, "since": AT, "reverse": True},
            say.History("c", 1, 7, SINCE, True),
        ),
        ("presence", "room", say.Presence("room", 1)),
        ("presence", {"channel": "c", "counts": True}, say.Presence("c", 1, counts_only=True)),
        ("refresh", {"token": "t"}, say.Refresh(1, "t")),
    ],
)
def test_an_operation_is_a_command(event: str, argument: object, command: say.Command) -> None:
    assert operation("/", event, [argument], 1) == command


def test_in_a_namespace_names_are_its_own() -> None:
    assert operation("/chat", "subscribe", ["r1"], 1) == say.Subscribe(
        "chat:r1", 1, renderer=renderer_of("/chat")
    )
    assert operation("/chat", "presence", ["r1"], 2) == say.Presence("chat:r1", 2)


@pytest.mark.parametrize(
    ("event", "arguments", "why"),
    [
        ("subscribe", [], "Expected `object`"),
        ("subscribe", [{"channel": 5}], "Expected `str`"),
        ("subscribe", [{"channel": "c", "since": "here"}], "is no position"),
        ("subscribe", [{"channel": "c", "recent": -1}], ">= 0"),
        ("publish", [{"channel": "c"}], "a publish has data"),
        ("publish", [{"channel": "c", "data": 1, "event": "connect"}], "may be called connect"),
        ("publish", [{"channel": "c", "data": 1, "event": "x" * 129}], "length <= 128"),
        ("history", [{"channel": "c", "limit": -2}], ">= -1"),
        ("refresh", ["token"], "Expected `object`"),
    ],
)
def test_what_is_wrong_is_said(event: str, arguments: list[Any], why: str) -> None:
    command = operation("/", event, arguments, 1)
    assert isinstance(command, say.Unsupported)
    assert command.id == 1
    assert command.error.code == 107
    assert why in command.error.message


def test_other_events_are_the_applications() -> None:
    assert operation("/", "say", ["hi"], 1) is None


@given(json_values())
def test_any_value_is_understood_or_refused(value: object) -> None:
    for event in ("subscribe", "unsubscribe", "publish", "history", "presence", "refresh"):
        assert isinstance(operation("/", event, [value], 1), say.Command)
