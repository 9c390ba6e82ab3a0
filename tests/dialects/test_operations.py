from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.centrifuge.requests import RpcRequest
from hubbub.dialects.chat import Amend, Describe, Mark, People, Receipts, Rooms, Typing
from hubbub.dialects.commands import Command, Rpc, Unsupported
from hubbub.dialects.kinds import Act
from hubbub.dialects.operations import operation, reaction_data
from hubbub.dialects.socketio import asked as socketio
from hubbub.dialects.text import TextDialect, TextSettings
from hubbub.errors import Refused
from hubbub.model import Kind, Packet
from tests.contracts.dialect import json_values

OPERATIONS: list[tuple[str, dict[str, object], Command]] = [
    ("hubbub.typing", {}, Typing("room", 5)),
    ("hubbub.typing", {"typing": False}, Typing("room", 5, on=False)),
    ("hubbub.edit", {"offset": 3, "data": {"a": 1}}, Amend("room", Act.EDIT, 3, 5, b'{"a": 1}')),
    (
        "hubbub.edit",
        {"offset": 3, "data": "/wA=", "encoding": "base64", "key": "k"},
        Amend("room", Act.EDIT, 3, 5, b"\xff\x00", Kind.BINARY, "k"),
    ),
    ("hubbub.delete", {"offset": 3}, Amend("room", Act.DELETE, 3, 5)),
    (
        "hubbub.react",
        {"offset": 3, "reaction": "👍"},
        Amend("room", Act.REACTION, 3, 5, '{"reaction":"👍"}'.encode()),
    ),
    ("hubbub.mark", {"read": 3}, Mark("room", 5, 3)),
    ("hubbub.mark", {"read": 3, "received": 4}, Mark("room", 5, 3, 4)),
    ("hubbub.receipts", {}, Receipts("room", 5)),
    ("hubbub.people", {}, People("room", 5)),
    ("hubbub.status", {"state": "away"}, Describe("room", 5, "away")),
    (
        "hubbub.react",
        {"offset": 3, "reaction": "+", "removed": True},
        Amend("room", Act.REACTION, 3, 5, b'{"reaction":"+","removed":true}'),
    ),
]
"""A name, a body without its channel, and what it means for the channel `room` under the id 5."""


def readable(command: Command) -> Command:
    """Return a command with its JSON laid out in one way."""
    if isinstance(command, Amend) and command.kind is Kind.JSON:
        data = json.dumps(json.loads(command.data), ensure_ascii=False, separators=(",", ":"))
        return Amend(command.channel, command.act, command.about, command.id, data.encode())
    return command


@pytest.mark.parametrize(("name", "body", "means"), OPERATIONS, ids=range(len(OPERATIONS)))
def test_an_operation_is_the_same_in_all_protocols(
    name: str, body: dict[str, object], means: Command
) -> None:
    named = json.dumps({"channel": "room", **body}, ensure_ascii=False).encode()
    assert readable(operation(name, named, 5)) == readable(means)
    assert readable(RpcRequest(name, named).command(5)) == readable(means)  # type: ignore[arg-type]
    in_root = socketio.operation("/", name, [{"channel": "room", **body}], 5)
    assert in_root is not None
    assert readable(in_root) == readable(means)
    dialect = TextDialect(TextSettings(format="json"), "room", "ann")
    said = json.dumps({"type": name, "id": 5, "channel": "elsewhere", **body}).encode()
    assert [readable(each) for each in dialect.receive(Packet(said))] == [readable(means)]


def test_a_channel_of_a_socketio_namespace_has_its_whole_name() -> None:
    command = socketio.operation("/chat", "hubbub.typing", [{"channel": "room"}], 1)
    assert command == Typing("chat:room", 1)
    command = socketio.operation("/chat", "hubbub.rooms", [{"channels": ["a", "b"]}], 1)
    assert command == Rooms({"chat:a": "a", "chat:b": "b"}, 1)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("hubbub.", b"{}", 104),
        ("hubbub.nothing", b"{}", 104),
        ("hubbub.edit", b"", 107),
        ("hubbub.edit", b"nonsense", 107),
        ("hubbub.edit", b"[1]", 107),
        ("hubbub.edit", b'{"offset":1}', 107),
        ("hubbub.edit", b'{"offset":0,"data":1}', 107),
        ("hubbub.edit", b'{"offset":-1,"data":1}', 107),
        ("hubbub.edit", b'{"offset":9007199254740992,"data":1}', 107),
        ("hubbub.edit", b'{"offset":1.5,"data":1}', 107),
        ("hubbub.edit", b'{"offset":1,"data":1,"encoding":"base64"}', 107),
        ("hubbub.edit", b'{"offset":1,"data":"!","encoding":"base64"}', 107),
        ("hubbub.edit", b'{"offset":1,"data":1,"encoding":"hex"}', 107),
        ("hubbub.edit", b'{"offset":1,"data":"\xff"}', 107),
        ("hubbub.edit", b'{"offset":1,"data":' + b"[" * 100_000, 107),
        ("hubbub.edit", b'{"offset":1,"data":1,"key":"%b"}' % (b"k" * 129), 107),
        ("hubbub.react", b'{"offset":1,"reaction":""}', 107),
        ("hubbub.react", b'{"offset":1,"reaction":"a\\nb"}', 107),
        ("hubbub.react", b'{"offset":1,"reaction":"%b"}' % (b"x" * 65), 107),
        ("hubbub.typing", b'{"typing":1}', 107),
        ("hubbub.mark", b"{}", 107),
        ("hubbub.mark", b'{"read":0}', 107),
        ("hubbub.rooms", b"{}", 107),
        ("hubbub.status", b'{"state":"%b"}' % (b"x" * 33), 107),
        ("hubbub.status", b'{"text":"%b"}' % (b"x" * 141), 107),
        ("hubbub.rooms", b'{"channels":%b}' % json.dumps(["a"] * 101).encode(), 107),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_what_does_not_fit_is_answered(name: str, body: bytes, code: int) -> None:
    command = operation(name, body, 5)
    assert isinstance(command, Unsupported)
    assert (command.id, command.error.code) == (5, code)
    assert "\n" not in command.error.message


@given(st.text(), json_values())
def test_nothing_that_is_said_breaks_anything(name: str, body: object) -> None:
    said = json.dumps(body).encode()
    assert operation(f"hubbub.{name}", said, 1).id == 1
    assert socketio.operation("/", f"hubbub.{name}", [body], 1) is not None
    dialect = TextDialect(TextSettings(format="json"), "room", "ann")
    assert dialect.receive(Packet(json.dumps({"type": f"hubbub.{name}", "offset": body}).encode()))


def test_other_names_are_the_applications() -> None:
    assert RpcRequest("edit").command(1) == Rpc("edit", 1)
    assert socketio.operation("/", "edit", [], 1) is None


def test_a_reaction_is_short_and_printable() -> None:
    assert reaction_data("x" * 64, removed=False) == b'{"reaction":"%b"}' % (b"x" * 64)
    on_fire = "\u2764\ufe0f\u200d\U0001f525"
    assert reaction_data(on_fire, removed=False) == f'{{"reaction":"{on_fire}"}}'.encode()
    with pytest.raises(Refused):
        reaction_data("x" * 65, removed=False)
