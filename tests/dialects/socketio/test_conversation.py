from __future__ import annotations

import json

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.dialects.socketio.places import NAMESPACES_LIMIT
from hubbub.dialects.socketio.renderer import renderer_of
from hubbub.errors import (
    BAD_REQUEST_ERROR,
    FORCE_DISCONNECT,
    INVALID_TOKEN,
    METHOD_NOT_FOUND,
    NOT_AVAILABLE,
    PERMISSION_DENIED,
    SHUTDOWN,
    TOKEN_EXPIRED,
    ProtocolViolation,
)
from hubbub.model import Kind, Packet, Packets, Position, Publication
from tests.contracts.dialect import TOP, DialectContract, parts
from tests.dialects.socketio.heard import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    Heard,
    hear,
    said,
)

LIMIT = 1024


def receive(
    dialect: SocketIoDialect,
    kind: int,
    data: object = None,
    namespace: str = "/",
    id: int | None = None,
) -> list[say.Command]:
    packets = said(kind, data, namespace, id)
    return [command for packet in packets for command in dialect.receive(packet)]


def let_in(dialect: SocketIoDialect, namespace: str = "/", data: object = None) -> SocketIoDialect:
    (command,) = receive(dialect, CONNECT, data, namespace)
    (connected,) = hear(dialect.reply(command, say.Connected("s1")))
    assert connected == (CONNECT, {"sid": "s1", "pid": "s1"}, namespace, None)
    return dialect


def introduced() -> SocketIoDialect:
    return let_in(SocketIoDialect(LIMIT))


class TestSocketIo(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def whole(self, packets: Packets) -> object:
        if len(parts(packets)) > 1:
            return hear(packets)[0].data[1]
        (packet,) = parts(packets)
        return json.loads(packet.data[1:])[1]  # theirs has no place for half a surrogate pair


def test_connecting_introduces_the_client() -> None:
    dialect = SocketIoDialect(LIMIT, "li")
    said_at_first = {"token": "t", "user": "zhang", "pid": "p", "offset": "o", "age": 7}
    assert dialect.open() == ()
    assert receive(dialect, CONNECT, said_at_first) == [
        say.Connect(1, "zhang", "t", b'{"user":"zhang","age":7}')
    ]
    assert receive(SocketIoDialect(LIMIT, "li"), CONNECT) == [say.Connect(1, "li")]
    assert receive(SocketIoDialect(LIMIT), CONNECT, {"token": 5}) == [say.Connect(1)]


def test_who_is_refused_may_try_again() -> None:
    dialect = SocketIoDialect(LIMIT)
    (command,) = receive(dialect, CONNECT, {"token": "old"})
    (error,) = hear(dialect.reply(command, say.Failed(TOKEN_EXPIRED)))
    told = {"message": "token expired", "data": {"code": 109}}
    assert error == (CONNECT_ERROR, told, "/", None)
    with pytest.raises(ProtocolViolation):
        receive(dialect, EVENT, ["say", 1])
    assert receive(dialect, CONNECT, {"token": "new"}) == [say.Connect(2, "", "new")]


def test_what_the_server_subscribed_the_client_to_comes_with_the_answer() -> None:
    dialect = SocketIoDialect(LIMIT)
    (command,) = receive(dialect, CONNECT)
    missed = (Publication(b'"missed"', offset=7, tag=77),)
    subs = {"news": say.Subscribed("news", TOP, True, TOP, True, "", missed)}
    connect, subscribed, message = hear(dialect.reply(command, say.Connected("s1", subs=subs)))
    assert connect.type == CONNECT
    assert subscribed.data[0] == "subscribed"
    assert subscribed.data[1]["channel"] == "news"
    assert message.data[:2] == ["message", "missed"]


def test_a_second_namespace_is_vouched_for() -> None:
    dialect = introduced()
    (command,) = receive(dialect, CONNECT, {"token": "t", "x": 1}, "/chat")
    assert command == say.Vouch(2, "t", b'{"x":1}')
    (refused,) = hear(dialect.reply(command, say.Failed(PERMISSION_DENIED, "no")))
    assert refused == (CONNECT_ERROR, {"message": "no", "data": {"code": 103}}, "/chat", None)
    let_in(dialect, "/chat")
    (subscribe,) = receive(dialect, EVENT, ["subscribe", "r1"], "/chat", 5)
    assert subscribe == say.Subscribe("chat:r1", 4, renderer=renderer_of("/chat"))
    (call,) = receive(dialect, EVENT, ["say", 1], "/chat")
    assert call == say.Rpc("chat:say", 5, b"1", part="/chat", renderer=renderer_of("/chat"))


def test_the_first_namespace_is_what_the_server_speaks_in() -> None:
    dialect = let_in(SocketIoDialect(LIMIT), "/chat")
    assert dialect.renderer is renderer_of("/chat")
    (event,) = hear(dialect.push(say.Entered(say.Subscribed("chat:r1", TOP))))
    assert (event.namespace, event.data[0], event.data[1]["channel"]) == (
        "/chat",
        "subscribed",
        "r1",
    )


def test_an_acknowledgement_goes_where_it_was_asked_for() -> None:
    dialect = let_in(introduced(), "/chat")
    (first,) = receive(dialect, EVENT, ["presence", "a"], "/chat", 12)
    (second,) = receive(dialect, EVENT, ["presence", "a"], "/", 12)
    (ack,) = hear(dialect.reply(second, say.Counts("a", 3, 2)))
    assert ack == (ACK, [{"channel": "a", "clients": 3, "users": 2}], "/", 12)
    assert hear(dialect.reply(first, say.Counts("chat:a", 3, 2)))[0].namespace == "/chat"
    assert dialect.reply(first, say.Counts("chat:a", 3, 2)) is None, "once only"


def test_bytes_go_both_ways() -> None:
    dialect = introduced()
    (command,) = receive(dialect, EVENT, ["upload", b"\0\xff"], "/", 1)
    assert command == say.Rpc("upload", 2, b"\0\xff", Kind.BINARY, "/")
    (ack,) = hear(dialect.reply(command, say.Answered(b"\xff\0", Kind.BINARY)))
    assert ack == (ACK, [b"\xff\0"], "/", 1)


@pytest.mark.parametrize(
    ("arguments", "data"), [([], b"null"), ([7], b"7"), (["a", {"b": 1}], b'["a",{"b":1}]')]
)
def test_other_events_are_calls(arguments: list[object], data: bytes) -> None:
    assert receive(introduced(), EVENT, ["say", *arguments]) == [say.Rpc("say", 2, data, part="/")]


def test_what_nobody_asked_about_is_not_answered_but_a_refusal() -> None:
    dialect = introduced()
    (publish,) = receive(dialect, EVENT, ["publish", {"channel": "c", "data": 1}])
    assert dialect.reply(publish, say.Published("c", TOP)) is None
    (again,) = receive(dialect, EVENT, ["publish", {"channel": "c", "data": 1}])
    (error,) = hear(dialect.reply(again, say.Failed(PERMISSION_DENIED)))
    assert error.data == ["error", {"code": 103, "message": "permission denied"}]
    (call,) = receive(dialect, EVENT, ["say", 5])
    (error,) = hear(dialect.reply(call, say.Failed(BAD_REQUEST_ERROR, "Expected `str`, got `int`")))
    assert error.data == ["error", {"code": 107, "message": "Expected `str`, got `int`"}]
    for nobody in (NOT_AVAILABLE, METHOD_NOT_FOUND):
        (call,) = receive(dialect, EVENT, ["nobody listens"])
        assert dialect.reply(call, say.Failed(nobody)) is None


def test_leaving_a_namespace_leaves_its_channels_and_leaving_the_last_ends() -> None:
    dialect = let_in(introduced(), "/chat")
    for namespace in ("/", "/chat"):
        (command,) = receive(dialect, EVENT, ["subscribe", "a"], namespace)
        assert isinstance(command, say.Subscribe)
        dialect.reply(command, say.Subscribed(command.channel, TOP))
    (late,) = receive(dialect, EVENT, ["presence", "a"], "/chat", 1)
    assert receive(dialect, DISCONNECT, None, "/chat") == [say.Unsubscribe("chat:a")]
    assert dialect.reply(say.Unsubscribe("chat:a"), say.Unsubscribed("chat:a")) is None
    assert dialect.reply(late, say.Counts("chat:a", 1, 1)) is None
    assert receive(dialect, DISCONNECT) == [say.Goodbye()]


def test_what_could_not_be_followed_is_not_left() -> None:
    dialect = let_in(introduced(), "/chat")
    (command,) = receive(dialect, EVENT, ["subscribe", "a"], "/chat")
    dialect.reply(command, say.Failed(PERMISSION_DENIED))
    assert receive(dialect, DISCONNECT, None, "/chat") == []


def test_pushes_come_as_events_where_the_channel_was_asked_for() -> None:
    dialect = let_in(introduced(), "/chat")
    (command,) = receive(dialect, EVENT, ["subscribe", "a"], "/chat")
    dialect.reply(command, say.Subscribed("chat:a", TOP))
    (resync,) = hear(dialect.push(say.Resync("chat:a", Position("e9", 9), "gap")))
    assert (resync.namespace, resync.data[0], resync.data[1]["channel"]) == ("/chat", "resync", "a")
    (ended,) = hear(dialect.push(say.Ended("chat:a", 2000, "why")))
    told = {"channel": "a", "code": 2000, "reason": "why"}
    assert ended == (EVENT, ["unsubscribed", told], "/chat", None)
    assert hear(dialect.push(say.Ended("chat:a", 2000, "why")))[0].namespace == "/"
    assert dialect.push(say.Renewed(5)) is None
    assert SocketIoDialect(LIMIT).push(say.Ended("a", 2000, "why")) is None


def test_who_must_stay_away_is_told_in_every_namespace() -> None:
    dialect = let_in(introduced(), "/chat")
    receive(dialect, CONNECT, None, "/new")
    away = hear(dialect.farewell(FORCE_DISCONNECT))
    assert away == [
        Heard(DISCONNECT, None, "/"),
        Heard(DISCONNECT, None, "/chat"),
        Heard(
            CONNECT_ERROR,
            {"message": "force disconnect", "data": {"code": 3503}},
            "/new",
        ),
    ]
    assert dialect.farewell(FORCE_DISCONNECT) is None


def test_who_may_come_back_is_not_sent_away() -> None:
    assert introduced().farewell(SHUTDOWN) is None
    assert SocketIoDialect(LIMIT).farewell(INVALID_TOKEN) is None


@pytest.mark.parametrize(
    "packets",
    [
        said(EVENT, ["say", 1], "/elsewhere"),
        said(CONNECT),
        said(EVENT, ["x" * 129]),
        [Packet(b"unknown")],
        said(EVENT, ["big", bytes(LIMIT), b"1"]),
        [packet for n in range(NAMESPACES_LIMIT) for packet in said(CONNECT, None, f"/{n}")],
    ],
)
def test_what_breaks_the_protocol_ends_the_connection(packets: list[Packet]) -> None:
    dialect = introduced()
    with pytest.raises(ProtocolViolation):
        for packet in packets:
            dialect.receive(packet)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([], say.Acknowledged(5, b"null")),
        ([{"a": 1}], say.Acknowledged(5, b'{"a":1}')),
        ([1, 2], say.Acknowledged(5, b"[1,2]")),
        ([b"\xff"], say.Acknowledged(5, b"\xff", Kind.BINARY)),
    ],
)
def test_acknowledgements_of_the_client(arguments: list[object], answer: say.Command) -> None:
    assert receive(introduced(), ACK, arguments, "/", 5) == [answer]


def test_what_the_application_says_is_an_event_in_its_namespace() -> None:
    dialect = let_in(introduced(), "/chat")
    (event,) = hear(dialect.push(say.Emit("hi", ({"a": 1}, b"\xff"), "/chat", 7)))
    assert event == (EVENT, ["hi", {"a": 1}, b"\xff"], "/chat", 7)
    assert hear(dialect.push(say.Emit("hi")))[0] == (EVENT, ["hi"], "/", None)
    assert hear(dialect.push(say.Emit("")))[0] == (EVENT, ["message"], "/", None)
    assert dialect.push(say.Emit("hi", part="/elsewhere")) is None
    assert SocketIoDialect(LIMIT).push(say.Emit("hi")) is None


def test_who_leaves_the_first_namespace_hears_it_in_the_next_one() -> None:
    dialect = let_in(introduced(), "/chat")
    assert dialect.renderer is renderer_of("/")
    receive(dialect, DISCONNECT, None, "/")
    assert dialect.renderer is renderer_of("/chat")
    assert hear(dialect.push(say.Emit("hi")))[0] == (EVENT, ["hi"], "/chat", None)


def test_where_a_handler_lets_a_client_in_that_is_where_it_hears_of_it() -> None:
    dialect = let_in(introduced(), "/chat")
    (event,) = hear(dialect.push(say.Entered(say.Subscribed("lobby", TOP), "/chat")))
    assert (event.namespace, event.data[0]) == ("/chat", "subscribed")
    (ended,) = hear(dialect.push(say.Ended("lobby", 2000, "why")))
    assert (ended.namespace, ended.data[0]) == ("/chat", "unsubscribed")
