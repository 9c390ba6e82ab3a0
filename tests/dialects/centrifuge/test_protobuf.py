"""What a client asks in the Protobuf coding."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.delimited import delimited
from hubbub.dialects.centrifuge.protobuf import CALLS_LIMIT, PROTOBUF
from hubbub.dialects.filters import TagFilter
from hubbub.errors import ErrorCode, ProtocolViolation
from hubbub.model import Kind, Packet, Position, Publication
from tests.contracts.dialect import DialectContract, json_texts
from tests.dialects.centrifuge.wired import framed, introduced, read


class TestCentrifugeProtobuf(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def shown(self, packet: Packet) -> object:
        return read(packet).push.pub.data

    def expected(self, publication: Publication) -> object:
        return publication.data


COMMANDS: list[tuple[wire.Command, say.Command]] = [
    (
        wire.Command(
            id=2,
            subscribe=wire.SubscribeRequest(
                channel="c",
                token="t",
                recover=True,
                epoch="e9",
                offset=7,
                data=b'{"a":1}',
                join_leave=True,
                delta="fossil",
                flag=3,
            ),
        ),
        say.Subscribe("c", 2, Position("e9", 7), 0, True, True, "t", b'{"a":1}', True),
    ),
    (
        wire.Command(
            id=2,
            subscribe=wire.SubscribeRequest(
                channel="c",
                data=b"\xff",
                tf=wire.FilterNode(
                    op="or",
                    nodes=[
                        wire.FilterNode(key="a", cmp="eq", val="x"),
                        wire.FilterNode(key="b", cmp="in", vals=["1", "2"]),
                    ],
                ),
            ),
        ),
        say.Subscribe(
            "c",
            2,
            data=b'"/w=="',
            filter=TagFilter(
                "or",
                nodes=(
                    TagFilter("", "a", "eq", "x"),
                    TagFilter("", "b", "in", "", frozenset({"1", "2"})),
                ),
            ),
        ),
    ),
    (
        wire.Command(id=2, subscribe=wire.SubscribeRequest(channel="c", type=1)),
        say.Unsupported(2, ErrorCode(108, "not available")),
    ),
    (
        wire.Command(id=3, unsubscribe=wire.UnsubscribeRequest(channel="c")),
        say.Unsubscribe("c", 3),
    ),
    (
        wire.Command(id=4, publish=wire.PublishRequest(channel="c", data=b' {"a": "\\ud83d"}\n')),
        say.Publish("c", b' {"a": "\\ufffd"}\n', id=4),
    ),
    (
        wire.Command(id=4, publish=wire.PublishRequest(channel="c", data=b"hello")),
        say.Publish("c", b"hello", Kind.BINARY, 4),
    ),
    (
        wire.Command(id=4, publish=wire.PublishRequest(channel="c", data=b'"\xe9"')),
        say.Publish("c", b'"\xe9"', Kind.BINARY, 4),
    ),
    (
        wire.Command(id=4, publish=wire.PublishRequest(channel="c")),
        say.Unsupported(4, ErrorCode(107, "bad request")),
    ),
    (wire.Command(id=5, presence=wire.PresenceRequest(channel="c")), say.Presence("c", 5)),
    (
        wire.Command(id=6, presence_stats=wire.PresenceStatsRequest(channel="c")),
        say.Presence("c", 6, True),
    ),
    (
        wire.Command(
            id=8,
            history=wire.HistoryRequest(
                channel="c",
                limit=-1,
                since=wire.StreamPosition(offset=3, epoch="e9"),
                reverse=True,
            ),
        ),
        say.History("c", 8, -1, Position("e9", 3), True),
    ),
    (
        wire.Command(id=9, rpc=wire.RPCRequest(method="m", data=b"[1]")),
        say.Rpc("m", 9, b"[1]"),
    ),
    (
        wire.Command(id=9, rpc=wire.RPCRequest(method="m", data=b"\x00")),
        say.Rpc("m", 9, b"\x00", Kind.BINARY),
    ),
    (wire.Command(id=10, refresh=wire.RefreshRequest(token="t")), say.Refresh(10, "t")),
    (
        wire.Command(id=11, sub_refresh=wire.SubRefreshRequest(channel="c", token="t")),
        say.SubRefresh("c", 11, "t"),
    ),
]


@pytest.mark.parametrize(("asked", "command"), COMMANDS, ids=range(len(COMMANDS)))
def test_a_command(asked: wire.Command, command: say.Command) -> None:
    assert list(introduced().receive(framed(asked))) == [command]


def test_commands_of_one_frame_come_in_order() -> None:
    frame = framed(*(asked for asked, _ in COMMANDS))
    assert list(introduced().receive(frame)) == [command for _, command in COMMANDS]


def test_a_connect() -> None:
    asked = wire.ConnectRequest(token="t", data=b'{"user":"zhang"}', name="js", version="5.8.0")
    asked.subs["c"].recover = True
    asked.subs["c"].epoch = "e9"
    asked.subs["d"].SetInParent()
    asked.headers["X-Tenant"] = "a"
    (command,) = CentrifugeDialect(PROTOBUF).receive(framed(wire.Command(id=1, connect=asked)))
    assert command == say.Connect(
        1,
        "zhang",
        "t",
        b'{"user":"zhang"}',
        "js",
        "5.8.0",
        {"c": Position("e9", 0), "d": None},
        headers={"X-Tenant": "a"},
    )


def test_a_ping_is_a_message_without_fields_and_so_is_its_answer() -> None:
    dialect = introduced()
    assert dialect.push(say.Ping()) == Packet(b"\x00", binary=True)
    assert list(dialect.receive(Packet(b"\x00", binary=True))) == [say.Pong()]
    with pytest.raises(ProtocolViolation):
        dialect.receive(Packet(b"\x00", binary=True))


def test_what_is_not_known_does_not_matter() -> None:
    data = wire.Command(id=5, presence=wire.PresenceRequest(channel="c")).SerializeToString()
    unknown = data + b"\xfa\x07\x03abc" + b"\xa0\x06\x01"
    (command,) = introduced().receive(Packet(delimited(unknown), binary=True))
    assert command == say.Presence("c", 5)


HISTORY = wire.Command(id=8, history=wire.HistoryRequest(channel="c", limit=3)).SerializeToString()


@pytest.mark.parametrize(
    ("packet", "code", "detail"),
    [
        (Packet(b"{}"), 3506, "ask for centrifuge-json"),
        (Packet(b"", binary=True), 3501, "an empty frame"),
        (Packet(b"\x80", binary=True), 3501, "no length"),
        (Packet(b"\x05\x08", binary=True), 3501, "longer than its frame"),
        (Packet(delimited(HISTORY) + b"\x01", binary=True), 3501, "longer than its frame"),
        (Packet(delimited(HISTORY + b"\x0a"), binary=True), 3501, "not a command"),
        (Packet(delimited(b"\xff\xff"), binary=True), 3501, "not a command"),
        (Packet(delimited(b"\x08"), binary=True), 3501, "not a command"),
        (Packet(delimited(b"\x0f"), binary=True), 3501, "not a command"),
        (Packet(delimited(b'{"id":1}'), binary=True), 3501, "not a command"),
        (Packet(delimited(b"\x08\x02\x42\x03\x0a\x01\xff"), binary=True), 3501, "not a command"),
        (Packet(delimited(b"\x08\x02\x5a\x00"), binary=True), 3501, "nothing that is known"),
        (framed(wire.Command(id=2, presence=wire.PresenceRequest())), 3501, "names it"),
        (framed(wire.Command(presence=wire.PresenceRequest(channel="c"))), 3501, "an id"),
        (framed(wire.Command(id=2, send=wire.SendRequest(data=b"x"))), 3508, ""),
        (
            framed(wire.Command(id=2, subscribe=wire.SubscribeRequest(channel="c", offset=2**63))),
            3501,
            "not a command",
        ),
        (
            framed(wire.Command(id=2, subscribe=wire.SubscribeRequest(channel="c", flag=2**40))),
            3501,
            "2147483647",
        ),
        (Packet(b"\x00" * (CALLS_LIMIT + 1), binary=True), 3501, "over 4096 commands"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_hostile_input_ends_the_connection(packet: Packet, code: int, detail: str) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        introduced().receive(packet)
    assert caught.value.close.code == code
    assert detail in caught.value.detail
    assert len(caught.value.detail) < 300


def nested(depth: int) -> bytes:
    """Return the field `tf` with that many levels; the library would not write so many."""
    node = wire.FilterNode(key="a", cmp="ex").SerializeToString()
    for _ in range(depth - 1):
        node = wire.FilterNode(op="not").SerializeToString() + b"\x32" + delimited(node)
    return b"\x6a" + delimited(node)


@pytest.mark.parametrize(("depth", "refused"), [(8, 0), (9, 107), (90, 107), (200, 3501)])
def test_a_filter_that_is_nested_too_deeply(depth: int, refused: int) -> None:
    asked = wire.SubscribeRequest(channel="c").SerializeToString() + nested(depth)
    data = wire.Command(id=2).SerializeToString() + b"\x2a" + delimited(asked)
    try:
        (command,) = introduced().receive(Packet(delimited(data), binary=True))
    except ProtocolViolation as violation:
        assert violation.close.code == refused
    else:
        assert refused == (command.error.code if isinstance(command, say.Unsupported) else 0)


def test_part_of_a_command_is_none() -> None:
    data = framed(COMMANDS[0][0]).data
    for end in range(1, len(data)):
        with pytest.raises(ProtocolViolation):
            introduced().receive(Packet(data[:end], binary=True))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    for packet in (Packet(data, binary=True), Packet(delimited(data), binary=True)):
        try:
            introduced().receive(packet)
        except ProtocolViolation as violation:
            assert violation.close.code in {3501, 3508}


@settings(deadline=None)
@given(st.text(min_size=1), json_texts() | st.binary(min_size=1))
def test_what_is_published_is_the_payload(channel: str, data: bytes) -> None:
    asked = wire.Command(id=7, publish=wire.PublishRequest(channel=channel, data=data))
    (command,) = introduced().receive(framed(asked))
    assert isinstance(command, say.Publish)
    assert (command.channel, command.id) == (channel, 7)
    try:
        assert json.loads(command.data) == json.loads(data.decode())
    except ValueError:
        assert (command.kind, command.data) == (Kind.BINARY, data)
    else:
        assert command.kind is Kind.JSON
