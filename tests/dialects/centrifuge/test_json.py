from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.centrifuge.pushes import VERSION
from hubbub.dialects.filters import TagFilter
from hubbub.errors import INTERNAL, PERMISSION_DENIED, ProtocolViolation
from hubbub.model import Kind, Packet, Position, Publication
from tests.contracts.dialect import (
    PLAIN_ONE,
    SOME,
    TOP,
    DialectContract,
    json_texts,
    json_values,
)


def introduced() -> CentrifugeDialect:
    dialect = CentrifugeDialect(JSON)
    dialect.receive(Packet(b'{"id":1,"connect":{}}'))
    dialect.reply(say.Connect(1), say.Connected("s1"))
    return dialect


class TestCentrifugeJson(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def shown(self, packet: Packet) -> object:
        assert b"\n" not in packet.data
        return json.loads(packet.data)["push"]["pub"]["data"]

    def expected(self, publication: Publication) -> object:
        if publication.kind is Kind.BINARY:
            return base64.b64encode(publication.data).decode()
        return super().expected(publication)


COMMANDS: list[tuple[bytes, say.Command]] = [
    (
        b'{"id":2,"subscribe":{"channel":"c","token":"t","recover":true,"epoch":"e9","offset":7,'
        b'"data":{"a":1},"positioned":true,"recoverable":true,"join_leave":true,"delta":"fossil",'
        b'"flag":3}}',
        say.Subscribe("c", 2, Position("e9", 7), 0, True, True, "t", b'{"a":1}', True),
    ),
    (
        b'{"id":2,"subscribe":{"channel":"c","tf":{"op":"and","nodes":[{"key":"a","cmp":"ex"},'
        b'{"key":"b","cmp":"in","vals":["1","2"]}]}}}',
        say.Subscribe(
            "c",
            2,
            filter=TagFilter(
                "and",
                nodes=(
                    TagFilter("", "a", "ex"),
                    TagFilter("", "b", "in", "", frozenset({"1", "2"})),
                ),
            ),
        ),
    ),
    (b'{"id":3,"unsubscribe":{"channel":"c"}}', say.Unsubscribe("c", 3)),
    (
        b'{"id":4,"publish":{"channel":"c","data":{"text": "hi"}}}',
        say.Publish("c", b'{"text": "hi"}', id=4),
    ),
    (b'{"id":4,"publish":{"channel":"c","data":"hi"}}', say.Publish("c", b'"hi"', id=4)),
    (b'{"id":4,"publish":{"channel":"c","data":null}}', say.Publish("c", b"null", id=4)),
    (b'{"id":5,"presence":{"channel":"c"}}', say.Presence("c", 5)),
    (b'{"id":6,"presence_stats":{"channel":"c"}}', say.Presence("c", 6, True)),
    (b'{"id":7,"history":{"channel":"c"}}', say.History("c", 7)),
    (
        b'{"id":8,"history":{"channel":"c","limit":-1,"since":{"offset":3,"epoch":"e9"},'
        b'"reverse":true}}',
        say.History("c", 8, -1, Position("e9", 3), True),
    ),
    (b' {\n "id": 4294967295,\r\n "presence": {"channel": "c"}}\n\n', say.Presence("c", 2**32 - 1)),
    (b'{"id":4,"publish":{"channel":"c","data":"\\ud83d"}}', say.Publish("c", b'"\\ufffd"', id=4)),
    (b'{"id":5,"presence":{"channel":"\\ud83d\\ude00"}}', say.Presence("\U0001f600", 5)),
]


@pytest.mark.parametrize(("data", "command"), COMMANDS)
def test_a_command(data: bytes, command: say.Command) -> None:
    assert list(introduced().receive(Packet(data))) == [command]


def test_a_connect() -> None:
    data = (
        b'{"id":1,"connect":{"token":"t","data":{"user":"zhang"},"name":"js","version":"5.8.0",'
        b'"headers":{"a":"b"},"subs":{"c":{"recover":true,"epoch":"e","offset":1}},"flag":1}}'
    )

    assert list(CentrifugeDialect(JSON).receive(Packet(data))) == [
        say.Connect(
            1,
            "zhang",
            "t",
            b'{"user":"zhang"}',
            "js",
            "5.8.0",
            {"c": Position("e", 1)},
            headers={"a": "b"},
        )
    ]


def test_commands_divided_by_newlines() -> None:
    joined = b"\n".join(data for data, _ in COMMANDS)

    assert list(introduced().receive(Packet(joined))) == [command for _, command in COMMANDS]


@pytest.mark.parametrize(
    ("packet", "code", "detail"),
    [
        (Packet(b"hello"), 3501, "not a command"),
        (Packet(b"[]"), 3501, "Expected `object`, got `array`"),
        (Packet(b"null"), 3501, "Expected `object`, got `null`"),
        (Packet(b'"{}"'), 3501, "Expected `object`, got `str`"),
        (Packet(b"1"), 3501, "Expected `object`"),
        (Packet(b'{"id":1'), 3501, "truncated"),
        (Packet(b'{"id":2,"presence":{"channel":"c"}}\n{'), 3501, "truncated"),
        (Packet(b'{"id":2,"presence":{"channel":"c"}},'), 3501, "not a command"),
        (Packet(b'{"id":"2","presence":{"channel":"c"}}'), 3501, "`int`, got `str`"),
        (Packet(b'{"id":2.5,"presence":{"channel":"c"}}'), 3501, "`int`, got `float`"),
        (Packet(b'{"id":-2,"presence":{"channel":"c"}}'), 3501, ">= 0"),
        (Packet(b'{"id":4294967296,"presence":{"channel":"c"}}'), 3501, "<= 4294967295"),
        (Packet(b'{"id":2,"presence":"c"}'), 3501, "at `$[0].presence`"),
        (Packet(b'{"id":2,"presence":{"channel":5}}'), 3501, "`str`, got `int`"),
        (Packet(b'{"id":2,"subscribe":{"channel":"c","recover":1}}'), 3501, "`bool`"),
        (Packet(b'{"id":2,"subscribe":{"channel":"c","offset":-1}}'), 3501, ">= 0"),
        (
            Packet(b'{"id":2,"subscribe":{"channel":"c","offset":18446744073709551615}}'),
            3501,
            "int",
        ),
        (Packet(b'{"id":2,"subscribe":{"channel":"c","tf":"x"}}'), 3501, "`object | null`"),
        (
            Packet(b'{"id":2,"subscribe":{"channel":"c","tf":' + b'{"nodes":[' * 50_000),
            3501,
            "nested",
        ),
        (Packet(b'{"id":2,"history":{"channel":"c","limit":2147483648}}'), 3501, "<= 2147483647"),
        (Packet(b'{"id":2,"history":{"channel":"c","since":5}}'), 3501, "at `$[0].history.since`"),
        (Packet(b'{"id":2,"publish":{"channel":"c","data":{]}}'), 3501, "malformed"),
        (Packet(b'{"id":2,"publish":{"channel":"c","data":\xef\xbb\xbf1}}'), 3501, "malformed"),
        (Packet(b'{"id":2,"publish":{"channel":"\\ud83d","data":01}}'), 3501, "malformed"),
        (Packet(b'{"id":2,"publish":{"channel":"c","data":' + b"[" * 50_000), 3501, "nested"),
        (Packet(b'{"id":2,"x":' * 50_000), 3501, "nested"),
        (Packet(b"{}", binary=True), 3506, "ask for centrifuge-protobuf"),
    ],
    ids=lambda value: repr(value)[:70],
)
def test_hostile_input_ends_the_connection(packet: Packet, code: int, detail: str) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        introduced().receive(packet)

    assert caught.value.close.code == code
    assert detail in caught.value.detail
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize("data", [data for data, _ in COMMANDS[:9]])
def test_part_of_a_command_is_none(data: bytes) -> None:
    for end in range(len(data)):
        with pytest.raises(ProtocolViolation):
            introduced().receive(Packet(data[:end]))
    with pytest.raises(ProtocolViolation):
        introduced().receive(Packet(data + b"}"))


PUB = (
    b'{"data":{"a": 1},"info":{"user":"zhang","client":"s1","conn_info":{"name": "Zhang\\n"}},'
    b'"offset":6,"time":1000}'
)
TEXT_PUB = b'{"data":"hello","offset":7,"tags":{"k":"v"},"time":1001}'

CONNECTED = b'{"id":1,"connect":{"client":"s1","version":"%b"' % VERSION.encode()

REPLIES: list[tuple[say.Command, say.Reply, bytes]] = [
    (say.Connect(1), say.Connected("s1"), CONNECTED + b"}}"),
    (
        say.Connect(1),
        say.Connected("s1", 25),
        CONNECTED + b',"ping":25,"pong":true}}',
    ),
    (say.Subscribe("c", 2), say.Subscribed("c", TOP), b'{"id":2,"subscribe":{}}'),
    (
        say.Subscribe("c", 2),
        say.Subscribed("c", TOP, True),
        b'{"id":2,"subscribe":{"recoverable":true,"epoch":"e9","offset":7,"positioned":true}}',
    ),
    (
        say.Subscribe("c", 2),
        say.Subscribed("c", Position("e9", 0), True),
        b'{"id":2,"subscribe":{"recoverable":true,"epoch":"e9","positioned":true}}',
    ),
    (
        say.Subscribe("c", 2, Position("e9", 5)),
        say.Subscribed("c", TOP, True, Position("e9", 5), True, "", SOME),
        b'{"id":2,"subscribe":{"recoverable":true,"epoch":"e9","publications":['
        + PUB
        + b","
        + TEXT_PUB
        + b'],"recovered":true,"offset":5,"positioned":true,"was_recovering":true}}',
    ),
    (
        say.Subscribe("c", 2, Position("e8", 5)),
        say.Subscribed("c", TOP, True, Position("e8", 5), False, "epoch"),
        b'{"id":2,"subscribe":{"recoverable":true,"epoch":"e9","offset":7,"positioned":true,'
        b'"was_recovering":true}}',
    ),
    (say.Unsubscribe("c", 3), say.Unsubscribed("c"), b'{"id":3,"unsubscribe":{}}'),
    (say.Publish("c", b"1", id=4), say.Published("c", TOP), b'{"id":4,"publish":{}}'),
    (
        say.History("c", 5, -1),
        say.HistoryPage("c", SOME, TOP),
        b'{"id":5,"history":{"publications":['
        + PUB
        + b","
        + TEXT_PUB
        + b'],"epoch":"e9","offset":7}}',
    ),
    (
        say.History("c", 5),
        say.HistoryPage("c", (), Position("e9", 0)),
        b'{"id":5,"history":{"publications":[],"epoch":"e9","offset":0}}',
    ),
    (
        say.Presence("c", 6),
        say.Members("c", {"s2": PLAIN_ONE}),
        b'{"id":6,"presence":{"presence":{"s2":{"user":"","client":"s2"}}}}',
    ),
    (say.Presence("c", 6), say.Members("c"), b'{"id":6,"presence":{"presence":{}}}'),
    (
        say.Presence("c", 7, True),
        say.Counts("c", 0, 0),
        b'{"id":7,"presence_stats":{"num_clients":0,"num_users":0}}',
    ),
    (
        say.Publish("c", b"1", id=4),
        say.Failed(PERMISSION_DENIED),
        b'{"id":4,"error":{"code":103,"message":"permission denied"}}',
    ),
    (
        say.Subscribe("c", 2),
        say.Failed(INTERNAL, 'the "broker"\nis away'),
        b'{"id":2,"error":{"code":100,"message":"the \\"broker\\"\\nis away","temporary":true}}',
    ),
]


@pytest.mark.parametrize(("command", "reply", "data"), REPLIES)
def test_a_reply(command: say.Command, reply: say.Reply, data: bytes) -> None:
    assert introduced().reply(command, reply) == Packet(data)


@settings(deadline=None)
@given(st.text(min_size=1), json_texts(), st.integers(1, 2**32 - 1), st.booleans())
def test_what_is_published_is_the_payload(
    channel: str, data: bytes, id: int, escaped: bool
) -> None:
    name = json.dumps(channel, ensure_ascii=escaped).encode()
    packet = Packet(b'{"publish":{"data":%b,"channel":%b},"id":%d}' % (data, name, id))
    (command,) = introduced().receive(packet)

    assert isinstance(command, say.Publish)
    assert (command.channel, command.id, command.kind) == (channel, id, Kind.JSON)
    assert json.loads(command.data) == json.loads(data)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "publish", "subscribe", "x"]), json_values()))
def test_any_object_is_understood_or_refused(value: dict[str, Any]) -> None:
    try:
        commands = introduced().receive(Packet(json.dumps(value).encode()))
    except ProtocolViolation as violation:
        assert violation.close.code == 3501
    else:
        assert len(commands) == 1
