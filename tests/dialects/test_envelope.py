from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.envelope import ENVELOPE, PING, failed, reply, resync
from hubbub.errors import BAD_REQUEST_ERROR, INTERNAL, PERMISSION_DENIED
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Position, Publication
from tests.contracts.dialect import CHANNEL, PLAIN_ONE, SOME, TOP, ZHANG, infos, publications

MESSAGES = [
    (
        Publication(b'{"a": 1}', Kind.JSON, ClientInfo("zhang", "s1"), None, "", 1700, 6, 66),
        b'{"type":"message","channel":"chat:lobby","data":{"a": 1},'
        b'"sender":{"user":"zhang","session":"s1"},"offset":6,"tag":66,"time":1700}',
    ),
    (
        Publication(b'hello "you"\n', Kind.TEXT),
        b'{"type":"message","channel":"chat:lobby","data":"hello \\"you\\"\\n"}',
    ),
    (
        Publication(b"\xff\x00", Kind.BINARY, None, {"k": "v"}, "s9", 0, 7, 77),
        b'{"type":"message","channel":"chat:lobby","data":"/wA=","encoding":"base64",'
        b'"offset":7,"tag":77,"tags":{"k":"v"}}',
    ),
    (
        Publication(b"[1,\n2]", Kind.JSON, ClientInfo("", "s2", b'{\n"a":1}', b"[]"), {}, tag=9),
        b'{"type":"message","channel":"chat:lobby","data":[1,2],'
        b'"sender":{"user":"","session":"s2","conn_info":{"a":1},"chan_info":[]}}',
    ),
]


@pytest.mark.parametrize(("publication", "data"), MESSAGES)
def test_a_message(publication: Publication, data: bytes) -> None:
    assert ENVELOPE.publication(CHANNEL, publication) == Packet(data)


@pytest.mark.parametrize(
    ("emit", "data"),
    [
        (say.Emit("news", ({"a": 1},)), b'{"type":"push","data":{"a":1},"event":"news"}'),
        (say.Emit("", ("hi",)), b'{"type":"push","data":"hi"}'),
        (say.Emit("", (b"\xff",)), b'{"type":"push","data":"/w==","encoding":"base64"}'),
    ],
)
def test_what_the_application_says(emit: say.Emit, data: bytes) -> None:
    assert ENVELOPE.emitted(emit) == Packet(data)


def test_joins_and_leaves() -> None:
    info = ClientInfo("zhang", "s1")
    member = b'"channel":"chat:lobby","member":{"user":"zhang","session":"s1"}}'

    assert ENVELOPE.joined(CHANNEL, info) == Packet(b'{"type":"joined",' + member)
    assert ENVELOPE.left(CHANNEL, info) == Packet(b'{"type":"left",' + member)


SUBSCRIBE = say.Subscribe(CHANNEL)
REPLIES: list[tuple[say.Command, say.Reply, bytes | None]] = [
    (say.Connect(), say.Connected("s1", 25), b'{"type":"connected","session":"s1"}'),
    (
        SUBSCRIBE,
        say.Subscribed(CHANNEL, TOP, True),
        b'{"type":"subscribed","channel":"chat:lobby","epoch":"e9","position":"e9.7.77",'
        b'"recoverable":true}',
    ),
    (
        SUBSCRIBE,
        say.Subscribed(CHANNEL, TOP, True, Position("e9", 5), True, "", SOME),
        b'{"type":"subscribed","channel":"chat:lobby","epoch":"e9","position":"e9.7.77",'
        b'"recoverable":true,"recovered":true}',
    ),
    (
        SUBSCRIBE,
        say.Subscribed(CHANNEL, TOP, True, Position("e9", 5), False, "gap"),
        b'{"type":"subscribed","channel":"chat:lobby","epoch":"e9","position":"e9.7.77",'
        b'"recoverable":true,"recovered":false,"reason":"gap"}',
    ),
    (say.Publish(CHANNEL, b"x"), say.Published(CHANNEL, TOP), None),
    (
        say.Publish(CHANNEL, b"x", id=4),
        say.Published(CHANNEL, TOP),
        b'{"type":"published","id":4,"offset":7,"position":"e9.7.77"}',
    ),
    (
        say.Publish(CHANNEL, b"x", id=4),
        say.Published(CHANNEL, Position("", 0)),
        b'{"type":"published","id":4}',
    ),
    (
        say.History(CHANNEL, 5),
        say.HistoryPage(CHANNEL, [Publication(b"hi", Kind.TEXT, offset=7, tag=77)], TOP),
        b'{"type":"history","channel":"chat:lobby","epoch":"e9","position":"e9.7.77",'
        b'"publications":[{"type":"message","channel":"chat:lobby","data":"hi","offset":7,"tag":77}],'
        b'"id":5}',
    ),
    (
        say.History(CHANNEL),
        say.HistoryPage(CHANNEL, (), TOP),
        b'{"type":"history","channel":"chat:lobby","epoch":"e9","position":"e9.7.77",'
        b'"publications":[]}',
    ),
    (
        say.Presence(CHANNEL, 6),
        say.Members(CHANNEL, {"s1": ZHANG, "s2": PLAIN_ONE}),
        b'{"type":"presence","channel":"chat:lobby","members":['
        b'{"user":"zhang","session":"s1","conn_info":{"name": "Zhang\\n"}},'
        b'{"user":"","session":"s2"}],"id":6}',
    ),
    (
        say.Presence(CHANNEL, 6, counts_only=True),
        say.Counts(CHANNEL, 3, 2),
        b'{"type":"presence","channel":"chat:lobby","clients":3,"users":2,"id":6}',
    ),
    (say.Unsubscribe(CHANNEL), say.Unsubscribed(CHANNEL), None),
]


@pytest.mark.parametrize(("command", "answer", "data"), REPLIES)
def test_a_reply(command: say.Command, answer: say.Reply, data: bytes | None) -> None:
    packet = reply(command, answer)

    assert packet == (None if data is None else Packet(data))


@pytest.mark.parametrize(
    ("command", "answer", "data"),
    [
        (
            say.Publish(CHANNEL, b"x", id=4),
            say.Failed(PERMISSION_DENIED),
            b'{"type":"error","code":103,"message":"permission denied","id":4}',
        ),
        (
            say.Publish(CHANNEL, b"x"),
            say.Failed(INTERNAL, "the broker is away"),
            b'{"type":"error","code":100,"message":"the broker is away","temporary":true}',
        ),
        (
            say.Unsupported(0, BAD_REQUEST_ERROR),
            say.Failed(BAD_REQUEST_ERROR),
            b'{"type":"error","code":107,"message":"bad request"}',
        ),
        (PING, say.Failed(PING.error), b'{"type":"pong"}'),
    ],
)
def test_a_refusal(command: say.Command, answer: say.Failed, data: bytes) -> None:
    assert failed(command, answer) == Packet(data)


def test_a_gap_is_told() -> None:
    assert resync(say.Resync(CHANNEL, TOP, "gap")) == Packet(
        b'{"type":"resync","channel":"chat:lobby","epoch":"e9","position":"e9.7.77","reason":"gap"}'
    )


def member_of(info: ClientInfo) -> dict[str, object]:
    extras = {"conn_info": info.conn_info, "chan_info": info.chan_info}
    return {
        "user": info.user,
        "session": info.session,
        **{name: json.loads(value) for name, value in extras.items() if value},
    }


@settings(deadline=None)
@given(st.text(), publications())
def test_a_message_says_all_that_is_known(channel: ChannelName, publication: Publication) -> None:
    message = json.loads(ENVELOPE.publication(channel, publication).data)
    del message["data"]
    expected: dict[str, object] = {"type": "message", "channel": channel}
    if publication.kind is Kind.BINARY:
        expected["encoding"] = "base64"
    if publication.sender is not None:
        expected["sender"] = member_of(publication.sender)
    if publication.offset:
        expected |= {"offset": publication.offset, "tag": publication.tag}
    if publication.time:
        expected["time"] = publication.time
    if publication.tags:
        expected["tags"] = publication.tags

    assert message == expected


@settings(deadline=None)
@given(st.text(), infos())
def test_a_join_says_who(channel: ChannelName, info: ClientInfo) -> None:
    expected = {"type": "joined", "channel": channel, "member": member_of(info)}

    assert json.loads(ENVELOPE.joined(channel, info).data) == expected
    assert json.loads(ENVELOPE.left(channel, info).data) == expected | {"type": "left"}
