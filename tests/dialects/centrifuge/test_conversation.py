from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect, SocketPinged
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.centrifuge.pushes import VERSION
from hubbub.errors import INTERNAL, NOT_AVAILABLE, SHUTDOWN, UNAUTHORIZED, ProtocolViolation
from hubbub.model import Packet, Position
from tests.contracts.dialect import CHANNEL, TOP

CONNECT = {"id": 1, "connect": {}}
PUBLISH = {"id": 2, "publish": {"channel": "c", "data": 1}}
PONG: dict[str, object] = {}


def frame(*commands: object) -> Packet:
    return Packet("\n".join(json.dumps(command) for command in commands).encode())


def introduced() -> CentrifugeDialect:
    dialect = CentrifugeDialect(JSON)
    dialect.receive(frame(CONNECT))
    dialect.reply(say.Connect(1), say.Connected("s1"))
    return dialect


def refused() -> CentrifugeDialect:
    dialect = introduced()
    dialect.reply(say.Connect(1), say.Failed(UNAUTHORIZED))
    return dialect


def fresh() -> CentrifugeDialect:
    return CentrifugeDialect(JSON)


def test_opening_implies_nothing() -> None:
    assert list(fresh().open()) == []


def test_a_client_introduces_itself_and_goes_on_in_one_frame() -> None:
    subscribe = {"id": 2, "subscribe": {"channel": "a"}}
    again = {"id": 3, "subscribe": {"channel": "b", "recover": True, "epoch": "e", "offset": 4}}

    assert list(fresh().receive(frame(CONNECT, subscribe, again))) == [
        say.Connect(1),
        say.Subscribe("a", 2),
        say.Subscribe("b", 3, since=Position("e", 4)),
    ]


@pytest.mark.parametrize(
    ("dialect", "packet", "code", "detail"),
    [
        (fresh(), frame(PUBLISH), 3501, "the first command must be connect"),
        (fresh(), frame(PUBLISH, CONNECT), 3501, "the first command must be connect"),
        (fresh(), frame({"send": {"data": 1}}), 3501, "the first command must be connect"),
        (fresh(), frame(PONG), 3501, "none is unanswered"),
        (fresh(), frame({"connect": {}}), 3501, "has an id above 0"),
        (fresh(), frame({"id": 0, "connect": {}}), 3501, "has an id above 0"),
        (fresh(), frame({"id": 1}), 3501, "nothing that is known"),
        (fresh(), frame({"id": 1, "ping": {}}), 3501, "nothing that is known"),
        (fresh(), frame({"id": 1, "launch": {}}), 3501, "nothing that is known"),
        (fresh(), frame({"id": 1, "connect": None}), 3501, "nothing that is known"),
        (fresh(), frame(CONNECT, CONNECT), 3501, "introduced once"),
        (fresh(), frame(CONNECT, PONG), 3501, "none is unanswered"),
        (introduced(), frame(CONNECT), 3501, "introduced once"),
        (introduced(), frame(PONG), 3501, "none is unanswered"),
        (introduced(), frame({"publish": {"channel": "c", "data": 1}}), 3501, "has an id"),
        (introduced(), frame({"id": 2, "publish": {"data": 1}}), 3501, "names it"),
        (introduced(), frame({"send": {"data": 1}}), 3508, "no handler"),
        (introduced(), frame({"id": 2, "send": {"data": 1}}), 3508, "no handler"),
        (introduced(), Packet(b""), 3501, "an empty frame"),
        (introduced(), Packet(b"\n"), 3501, "an empty frame"),
        (introduced(), Packet(b" \r\n "), 3501, "an empty frame"),
        (refused(), frame(PUBLISH), 3501, "open another connection"),
        (refused(), frame(CONNECT), 3501, "open another connection"),
    ],
)
def test_who_breaks_the_rules_is_sent_away_for_good(
    dialect: CentrifugeDialect, packet: Packet, code: int, detail: str
) -> None:
    with pytest.raises(ProtocolViolation, match=detail) as caught:
        dialect.receive(packet)

    assert caught.value.close.code == code
    assert not caught.value.close.reconnect


def test_what_is_not_offered_is_answered() -> None:
    (command,) = introduced().receive(frame({"id": 7, "subscribe": {"channel": "c", "type": 1}}))

    assert command == say.Unsupported(7, NOT_AVAILABLE)
    assert introduced().reply(command, say.Failed(NOT_AVAILABLE)) == Packet(
        b'{"id":7,"error":{"code":108,"message":"not available"}}'
    )


def test_every_ping_may_be_answered_once() -> None:
    dialect = introduced()
    assert dialect.push(say.Ping()) == Packet(b"{}")
    assert dialect.push(say.Ping()) == Packet(b"{}")

    assert list(dialect.receive(frame(PONG))) == [say.Pong()]
    assert list(dialect.receive(frame(PUBLISH, PONG)))[1:] == [say.Pong()]
    with pytest.raises(ProtocolViolation):
        dialect.receive(frame(PONG))


@pytest.mark.parametrize("dialect", [fresh(), refused()])
def test_only_who_was_let_in_is_pinged(dialect: CentrifugeDialect) -> None:
    assert dialect.push(say.Ping()) is None


def test_a_reply_repeats_the_id() -> None:
    dialect = introduced()

    assert dialect.reply(say.Connect(1), say.Connected("s1", 25)) == Packet(
        b'{"id":1,"connect":{"client":"s1","version":"%b","ping":25,"pong":true}}'
        % VERSION.encode()
    )
    assert dialect.reply(say.Pong(), say.Failed(INTERNAL)) is None


def test_nothing_is_said_to_somebody_who_is_not_let_in_yet() -> None:
    dialect = fresh()
    dialect.receive(frame(CONNECT))

    assert dialect.push(say.Ping()) is None
    dialect.reply(say.Connect(1), say.Connected("s1"))
    assert dialect.push(say.Ping()) == Packet(b"{}")


def test_nothing_is_said_to_somebody_unknown() -> None:
    assert CentrifugeDialect(JSON).push(say.Ping()) is None
    assert refused().push(say.Ended(CHANNEL, 2000, "why")) is None


def test_a_farewell_says_why() -> None:
    assert introduced().farewell(SHUTDOWN) == Packet(
        b'{"push":{"disconnect":{"code":3001,"reason":"shutdown","reconnect":true}}}'
    )


def test_a_gap_ends_the_subscription() -> None:
    dialect = introduced()

    assert dialect.ends_on_resync
    assert dialect.push(say.Resync(CHANNEL, TOP, "gap")) == Packet(
        b'{"push":{"channel":"chat:lobby","unsubscribe":{"code":2500,"reason":"insufficient state"}}}'
    )


def test_pinging_can_be_left_to_the_socket() -> None:
    dialect = SocketPinged(JSON)
    dialect.receive(frame({"id": 1, "connect": {}}))
    assert (dialect.pings, CentrifugeDialect.pings) == (False, True)
    with pytest.raises(ProtocolViolation):
        dialect.receive(frame({}))


OWN_WORDS: dict[str, Callable[[int, str], say.Command]] = {
    "subscribe": lambda id, channel: say.Subscribe(channel, id),
    "unsubscribe": lambda id, channel: say.Unsubscribe(channel, id),
    "presence": lambda id, channel: say.Presence(channel, id),
    "presence_stats": lambda id, channel: say.Presence(channel, id, counts_only=True),
    "history": lambda id, channel: say.History(channel, id),
}


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(OWN_WORDS)),
            st.integers(1, 2**32 - 1),
            st.text(min_size=1),
        ),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_frames_may_be_split_and_joined_at_will(
    asked: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    expected: list[say.Command] = [OWN_WORDS[word](id, channel) for word, id, channel in asked]
    objects = [{"id": id, word: {"channel": channel}} for word, id, channel in asked]
    dialect, found = introduced(), list[say.Command]()
    while objects:
        count = data.draw(st.integers(1, len(objects)))
        packet = frame(*objects[:count])
        found += dialect.receive(Packet(packet.data + data.draw(st.sampled_from([b"", b"\n"]))))
        del objects[:count]

    assert found == expected
