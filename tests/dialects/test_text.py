from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.text import PLAIN, TextDialect, TextSettings, unquote
from hubbub.errors import (
    INTERNAL,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS_ERROR,
    ErrorCode,
    ProtocolViolation,
)
from hubbub.model import ClientInfo, Kind, Packet, Position, Publication
from tests.contracts.dialect import CHANNEL, TOP, DialectContract

PLAIN_SETTINGS = TextSettings(heartbeat="ping", recent=3)
JSON_SETTINGS = TextSettings("json", "ping", "pong", recent=3)


def plain() -> TextDialect:
    return TextDialect(PLAIN_SETTINGS, CHANNEL, "zhang")


def enveloped() -> TextDialect:
    return TextDialect(JSON_SETTINGS, CHANNEL, "zhang")


class TestPlain(DialectContract):
    def make(self) -> say.Dialect:
        return plain()

    def shown(self, packet: Packet) -> object:
        return packet.data if packet.binary else packet.data.decode()

    def expected(self, publication: Publication) -> object:
        if publication.kind is Kind.BINARY:
            return publication.data
        if publication.kind is Kind.JSON:
            value = json.loads(publication.data)
            return value if isinstance(value, str) else publication.data.decode()
        return publication.data.decode()


class TestEnveloped(DialectContract):
    def make(self) -> say.Dialect:
        return enveloped()

    def shown(self, packet: Packet) -> object:
        message = json.loads(packet.data)
        data: object = message["data"]
        if "encoding" in message:
            assert isinstance(data, str)
            return base64.b64decode(data, validate=True)
        return data


def test_the_address_introduces_and_subscribes() -> None:
    assert list(plain().open()) == [
        say.Connect(user="zhang"),
        say.Subscribe(CHANNEL, recent=3),
    ]


def test_who_reads_envelopes_is_shown_joins() -> None:
    since = Position("e9", 4, 44)
    dialect = TextDialect(replace(JSON_SETTINGS, since=since), CHANNEL, "")

    assert list(dialect.open()) == [
        say.Connect(),
        say.Subscribe(CHANNEL, since=since, recent=3, join_leave=True),
    ]


@pytest.mark.parametrize(
    ("packet", "data", "kind"),
    [
        (Packet(b"hello"), b"hello", Kind.TEXT),
        (Packet(b""), b"", Kind.TEXT),
        (Packet(b' {"a": 1}\n'), b' {"a": 1}\n', Kind.JSON),
        (Packet(b"[1,\n2]"), b"[1,\n2]", Kind.JSON),
        (Packet(b'{"type":"publish","data":1}'), b'{"type":"publish","data":1}', Kind.JSON),
        (Packet(b'{"a":"\\ud83d"}'), b'{"a":"\\ufffd"}', Kind.JSON),
        (Packet(b'{"a":1'), b'{"a":1', Kind.TEXT),
        (Packet(b"{a:1}"), b"{a:1}", Kind.TEXT),
        (Packet(b"{} {}"), b"{} {}", Kind.TEXT),
        (Packet(b"[NaN]"), b"[NaN]", Kind.TEXT),
        (Packet(b'"hi"'), b'"hi"', Kind.TEXT),
        (Packet(b"12"), b"12", Kind.TEXT),
        (Packet(b"null"), b"null", Kind.TEXT),
        (Packet(b"[" * 100_000), b"[" * 100_000, Kind.TEXT),
        (Packet(b"ping "), b"ping ", Kind.TEXT),
        (Packet(b"ping", binary=True), b"ping", Kind.BINARY),
        (Packet(b"\xff\x00", binary=True), b"\xff\x00", Kind.BINARY),
        (Packet(b"", binary=True), b"", Kind.BINARY),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_sent_is_published(packet: Packet, data: bytes, kind: Kind) -> None:
    assert list(plain().receive(packet)) == [say.Publish(CHANNEL, data, kind)]


@given(st.text())
def test_what_is_sent_is_received(text: str) -> None:
    for command in plain().receive(Packet(text.encode())):
        assert isinstance(command, say.Publish)
        shown = PLAIN.publication(CHANNEL, Publication(command.data, command.kind))
        assert shown == Packet(text.encode())


def test_json_of_other_protocols_reads_as_people_write() -> None:
    def shown(data: bytes) -> bytes:
        packet = PLAIN.publication(CHANNEL, Publication(data))
        assert isinstance(packet, Packet)
        return packet.data

    assert shown(b'"hi \\"there\\" \\ud83d\\ude00"') == 'hi "there" \U0001f600'.encode()
    assert shown(b'"cut \\ud83d"') == "cut \ufffd".encode()
    assert shown(b"12.50") == b"12.50"
    assert shown(b'"not JSON') == b'"not JSON'


def test_a_heartbeat_is_never_published() -> None:
    assert list(plain().receive(Packet(b"ping"))) == []


def test_a_heartbeat_is_answered_where_that_was_agreed() -> None:
    dialect = TextDialect(TextSettings(heartbeat="ping", heartbeat_reply="pong"), CHANNEL, "")
    (command,) = dialect.receive(Packet(b"ping"))
    assert isinstance(command, say.Unsupported)

    assert dialect.reply(command, say.Failed(command.error)) == Packet(b"pong")


def test_without_a_heartbeat_ping_is_a_word() -> None:
    dialect = TextDialect(TextSettings(), CHANNEL, "")

    assert list(dialect.receive(Packet(b"ping"))) == [say.Publish(CHANNEL, b"ping", Kind.TEXT)]


@pytest.mark.parametrize(
    ("failed", "code", "reason"),
    [
        (say.Failed(PERMISSION_DENIED), 1008, "permission denied"),
        (say.Failed(PERMISSION_DENIED, "zhang may not publish"), 1008, "zhang may not publish"),
        (say.Failed(INTERNAL, "the broker is away"), 1013, "the broker is away"),
        (say.Failed(TOO_MANY_REQUESTS_ERROR), 1013, "too many requests"),
        (say.Failed(ErrorCode(400, "é" * 80)), 1008, "é" * 61),
    ],
)
def test_a_refusal_closes(failed: say.Failed, code: int, reason: str) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        plain().reply(say.Publish(CHANNEL, b"x", Kind.TEXT), failed)

    assert (caught.value.close.code, caught.value.close.reason) == (code, reason)


@pytest.mark.parametrize("command", [say.Connect(user="zhang"), say.Subscribe(CHANNEL)])
def test_who_is_not_let_in_is_sent_away_in_either_format(command: say.Command) -> None:
    for dialect in (plain(), enveloped()):
        with pytest.raises(ProtocolViolation) as caught:
            dialect.reply(command, say.Failed(PERMISSION_DENIED))
        assert caught.value.close.code == 1008


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), Packet(b"null")),
        (("hi",), Packet(b"hi")),
        (({"a": 1},), Packet(b'{"a":1}')),
        ((1, b"a"), Packet(b'[1,"YQ=="]')),
        ((b"\xff",), Packet(b"\xff", binary=True)),
    ],
    ids=str,
)
def test_what_the_application_says_looks_like_a_publication(
    arguments: tuple[object, ...], shown: Packet
) -> None:
    assert plain().push(say.Emit("news", arguments)) == shown


def test_plain_has_no_word_but_publications() -> None:
    dialect = plain()

    assert dialect.reply(say.Subscribe(CHANNEL), say.Subscribed(CHANNEL, TOP)) is None
    assert dialect.push(say.Ping()) is None
    assert dialect.push(say.Resync(CHANNEL, TOP, "gap")) is None
    assert not dialect.renderer.joins
    with pytest.raises(NotImplementedError):
        dialect.renderer.joined(CHANNEL, ClientInfo("zhang", "s1"))
    with pytest.raises(NotImplementedError):
        dialect.renderer.left(CHANNEL, ClientInfo("zhang", "s1"))


@pytest.mark.parametrize(
    ("packet", "command"),
    [
        (Packet(b"hello"), say.Publish(CHANNEL, b"hello", Kind.TEXT)),
        (Packet(b'{"text":"hi"}'), say.Publish(CHANNEL, b'{"text":"hi"}')),
        (Packet(b'{"type":"joke","data":1}'), say.Publish(CHANNEL, b'{"type":"joke","data":1}')),
        (Packet(b'{"type":5}'), say.Publish(CHANNEL, b'{"type":5}')),
        (Packet(b'["publish"]'), say.Publish(CHANNEL, b'["publish"]')),
        (Packet(b'{"type":"publish"'), say.Publish(CHANNEL, b'{"type":"publish"', Kind.TEXT)),
        (Packet(b'{"type":"publish","data":{"a":1}}'), say.Publish(CHANNEL, b'{"a":1}')),
        (
            Packet(b'{"type":"publish","data":"\\ud83d"}'),
            say.Publish(CHANNEL, "\ufffd".encode(), Kind.TEXT),
        ),
        (Packet(b'{"type":"presence"}'), say.Presence(CHANNEL)),
        (Packet(b"{}", binary=True), say.Publish(CHANNEL, b"{}", Kind.BINARY)),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_envelope_asks_or_is_published(packet: Packet, command: say.Command) -> None:
    assert list(enveloped().receive(packet)) == [command]


@pytest.mark.parametrize(
    ("value", "bare"),
    [
        ('"zhang"', "zhang"),
        ("zhang", "zhang"),
        ('"a \\"b\\" \\u4e2d"', 'a "b" 中'),
        ('"', '"'),
        ('""', ""),
        ("", ""),
        ('"half', '"half'),
        ('"bad \\x"', '"bad \\x"'),
        ('"a" "b"', '"a" "b"'),
        ("12", "12"),
    ],
)
def test_quoted_values_are_unquoted(value: str, bare: str) -> None:
    assert unquote(value) == bare


@given(st.text())
def test_whatever_a_page_stringifies_comes_back(text: str) -> None:
    assert unquote(json.dumps(text)) == text
    assert unquote(json.dumps(text, ensure_ascii=False)) == text
