from __future__ import annotations

import base64
import json

import pytest

from hubbub import errors
from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.requests import NAME_LIMIT
from hubbub.dialects.centrifuge.unidirectional import UnidirectionalDialect
from hubbub.errors import ErrorCode, ProtocolViolation
from hubbub.model import Kind, Packet, Position, Publication
from tests.contracts.dialect import CHANNEL, SOME, TOP, ZHANG, DialectContract, parts


def introduced() -> UnidirectionalDialect:
    dialect = UnidirectionalDialect()
    dialect.receive(Packet(b"{}"))
    return dialect


class TestUnidirectional(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def shown(self, packet: Packet) -> object:
        assert b"\n" not in packet.data
        push = json.loads(packet.data)
        assert push["channel"]
        return push["pub"]["data"]

    def expected(self, publication: Publication) -> object:
        if publication.kind is Kind.BINARY:
            return base64.b64encode(publication.data).decode()
        return super().expected(publication)

    def test_missed_publications_go_out_once(self) -> None:
        missed = say.Subscribed(CHANNEL, TOP, True, Position("e9", 5), True, "", SOME)
        packet = self.make().reply(CONNECT, say.Connected("s1", subs={CHANNEL: missed}))
        assert isinstance(packet, Packet)
        assert packet.data.count(b"hello") == 1


CONNECT = say.Connect(1)
REQUEST = (
    '{"token":"t","data":{"user":"zhang"},"name":"page","version":"1",'
    '"subs":{"a":{"recover":true,"epoch":"e9","offset":7},"b":{}}}'
)
COMMAND = say.Connect(
    1,
    "zhang",
    "t",
    b'{"user":"zhang"}',
    "page",
    "1",
    {"a": Position("e9", 7), "b": None},
)


def test_the_first_message_connects_and_nothing_behind_it_counts() -> None:
    dialect = UnidirectionalDialect()
    assert dialect.open() == ()
    assert dialect.receive(Packet(REQUEST.encode())) == (COMMAND,)
    for later in (REQUEST.encode(), b"{}", b"nonsense", b"\xff"):
        assert dialect.receive(Packet(later, binary=later == b"\xff")) == ()


def test_the_address_may_connect() -> None:
    dialect = UnidirectionalDialect(REQUEST)
    assert dialect.open() == (COMMAND,)
    assert dialect.receive(Packet(REQUEST.encode())) == ()


@pytest.mark.parametrize(
    ("said", "close"),
    [
        (Packet(b""), errors.BAD_REQUEST),
        (Packet(b"[]"), errors.BAD_REQUEST),
        (Packet(b'{"subs":[]}'), errors.BAD_REQUEST),
        (Packet(b"{}", binary=True), errors.INAPPROPRIATE_PROTOCOL),
    ],
)
def test_what_is_no_request_ends_the_connection(said: Packet, close: errors.Close) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        UnidirectionalDialect().receive(said)
    assert caught.value.close == close


def test_the_answer_asks_for_no_pongs_and_names_no_node() -> None:
    packet = introduced().reply(CONNECT, say.Connected("s1", 25, node="n1", secret="s1.mark"))
    assert packet is not None
    connected = json.loads(packet.data)["connect"]
    assert connected.pop("version").startswith("hubbub ")
    assert connected == {"client": "s1", "ping": 25, "session": "s1.mark"}


@pytest.mark.parametrize(
    ("error", "close"),
    [
        (errors.TOKEN_EXPIRED, errors.EXPIRED),
        (errors.EXPIRED_ERROR, errors.EXPIRED),
        (errors.TOO_MANY_REQUESTS_ERROR, errors.TOO_MANY_REQUESTS),
        (errors.PERMISSION_DENIED, errors.PERMISSION_DENIED_CLOSE),
        (errors.INTERNAL, errors.INTERNAL_ERROR),
        (errors.UNKNOWN_CHANNEL, errors.INTERNAL_ERROR),
    ],
)
def test_who_cannot_connect_is_disconnected(error: ErrorCode, close: errors.Close) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        introduced().reply(CONNECT, say.Failed(error))
    assert caught.value.close == close


def pushed(push: say.Push) -> object:
    packet = introduced().push(push)
    assert isinstance(packet, Packet)
    return json.loads(packet.data)


def test_pushes_stand_alone() -> None:
    assert pushed(say.Ping()) == {}
    subscribed = say.Subscribed(CHANNEL, TOP, recoverable=True)
    assert pushed(say.Entered(subscribed)) == {
        "channel": CHANNEL,
        "subscribe": {"recoverable": True, "epoch": "e9", "offset": 7, "positioned": True},
    }
    assert pushed(say.Ended(CHANNEL, 2000, "over")) == {
        "channel": CHANNEL,
        "unsubscribe": {"code": 2000, "reason": "over"},
    }
    assert pushed(say.Renewed(60)) == {"refresh": {"expires": True, "ttl": 60}}
    assert introduced().push(say.Resync(CHANNEL, TOP, "gap")) == errors.INSUFFICIENT_STATE


def test_nothing_comes_before_the_answer() -> None:
    assert UnidirectionalDialect().push(say.Ping()) is None


def test_joins_and_leaves_stand_alone() -> None:
    renderer = introduced().renderer
    who = {"user": "zhang", "client": "s1", "conn_info": {"name": "Zhang\n"}}
    for event, packet in (
        ("join", renderer.joined(CHANNEL, ZHANG)),
        ("leave", renderer.left(CHANNEL, ZHANG)),
    ):
        assert json.loads(parts(packet)[0].data) == {"channel": CHANNEL, event: {"info": who}}
    assert renderer.deltas is None


def test_the_end_is_said() -> None:
    packet = introduced().farewell(errors.SHUTDOWN)
    assert packet is not None
    assert json.loads(packet.data) == {
        "disconnect": {"code": 3001, "reason": "shutdown", "reconnect": True}
    }
    assert UnidirectionalDialect.says_farewell


def test_what_is_null_in_a_request_is_not_there() -> None:
    said = '{"token":null,"data":null,"subs":{"a":{"recover":true,"epoch":null,"offset":2}}}'
    (command,) = UnidirectionalDialect(said).open()
    assert isinstance(command, say.Connect)
    assert (command.token, command.subs) == ("", {"a": Position("", 2)})


def test_a_long_name_is_no_reason_to_turn_somebody_away() -> None:
    (command,) = UnidirectionalDialect('{"name":"%s"}' % ("n" * 100)).open()
    assert isinstance(command, say.Connect)
    assert command.name == "n" * NAME_LIMIT
