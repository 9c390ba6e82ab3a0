from __future__ import annotations

import json

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.dialects.socketio.renderer import renderer_of
from hubbub.errors import FORCE_DISCONNECT, ProtocolViolation
from hubbub.framings import engineio
from hubbub.framings.conversation import NEVER_S, EngineIo
from hubbub.framings.framed import framed
from hubbub.model import ClientInfo, Kind, Packet, Packets, Publication
from tests.contracts.dialect import TOP, DialectContract, parts


def fresh() -> EngineIo:
    return EngineIo(SocketIoDialect(1024), ("websocket",), 1024)


def introduced() -> EngineIo:
    dialect = fresh()
    (command,) = dialect.receive(Packet(b"40"))
    assert command == say.Connect(1)
    dialect.reply(command, say.Connected("s1"))
    return dialect


class TestEngineIo(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def whole(self, packets: Packets) -> object:
        head, *rest = parts(packets)
        assert head.data[:1] == b"4"
        if rest:
            return rest[0].data
        return json.loads(head.data[2:])[1]


def test_the_handshake_comes_first() -> None:
    dialect = fresh()
    (opened,) = dialect.open()
    assert opened == say.Opened()
    answer = dialect.reply(opened, say.Greeting("n1.s1", 25, 20))
    assert isinstance(answer, Packet)
    assert answer.data[:1] == b"0"
    handshake = {
        "sid": "n1.s1",
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1024,
    }
    assert json.loads(answer.data[1:]) == handshake


def test_who_is_never_pinged_does_not_wait_for_it() -> None:
    answer = fresh().reply(say.Opened(), say.Greeting("s", 0, 20))
    assert isinstance(answer, Packet)
    waits_ms = json.loads(answer.data[1:])["pingInterval"]
    assert waits_ms == NEVER_S * 1000
    assert waits_ms + 20000 < 2**31, "what a timer of JavaScript holds"


def test_pings_and_their_answers() -> None:
    dialect = introduced()
    assert dialect.push(say.Ping()) == Packet(b"2")
    assert dialect.receive(Packet(b"3")) == (say.Pong(),)
    assert dialect.reply(say.Pong(), say.Connected("s1")) is None


def test_what_else_a_client_may_send() -> None:
    dialect = introduced()
    assert dialect.receive(Packet(b"1")) == (say.Goodbye(),)
    assert dialect.receive(Packet(b"5")) == dialect.receive(Packet(b"6")) == ()
    for wrong in (b"0", b"2", b"7", b""):
        with pytest.raises(ProtocolViolation):
            dialect.receive(Packet(wrong))


def test_bytes_are_the_attachments_of_what_is_in_the_frames() -> None:
    dialect = introduced()
    assert dialect.receive(Packet(b'451-["up",{"_placeholder":true,"num":0}]')) == []
    (command,) = dialect.receive(Packet(b"\xff", binary=True))
    assert command == say.Rpc("up", 2, b"\xff", Kind.BINARY, "/")


def test_another_variant_is_framed_too() -> None:
    dialect = introduced()
    (vouch,) = dialect.receive(Packet(b"40/chat,"))
    dialect.reply(vouch, say.Connected("s1"))
    (command,) = dialect.receive(Packet(b'42/chat,["subscribe","r1"]'))
    assert isinstance(command, say.Subscribe)
    assert command.renderer is framed(renderer_of("/chat"), engineio.wrap, False)


def test_renderers_of_one_variant_are_one() -> None:
    renderer = framed(renderer_of("/"), engineio.wrap, False)
    assert introduced().renderer is renderer
    assert (renderer.name, renderer.joins) == ("socketio", True)
    ann = ClientInfo("ann", "s1")
    who = b'{"channel":"room","member":{"user":"ann","session":"s1"}}'
    assert renderer.joined("room", ann) == Packet(b'42["joined",%b]' % who)
    assert renderer.left("room", ann) == Packet(b'42["left",%b]' % who)
    assert renderer.publication("room", Publication(b"\xff", Kind.BINARY)) == [
        Packet(b'451-["message",{"_placeholder":true,"num":0},{"channel":"room"}]'),
        Packet(b"\xff", binary=True),
    ]


def test_what_the_dialect_says_is_framed() -> None:
    dialect = introduced()
    assert dialect.push(say.Renewed(5)) is None
    ended = dialect.push(say.Ended("room", 2000, "why"))
    told = b'["unsubscribed",{"channel":"room","code":2000,"reason":"why"}]'
    assert ended == [Packet(b"42" + told)]
    (command,) = dialect.receive(Packet(b'427["presence","room"]'))
    counts = b'[{"channel":"room","clients":1,"users":1}]'
    assert dialect.reply(command, say.Counts("room", 1, 1)) == [Packet(b"437" + counts)]
    assert dialect.reply(command, say.Subscribed("room", TOP)) is None
    assert dialect.farewell(FORCE_DISCONNECT) == [Packet(b"41")]
    assert dialect.farewell(FORCE_DISCONNECT) is None
