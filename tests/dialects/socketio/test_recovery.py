"""What a client is told so that it can go on after a cut, and how it does."""

from __future__ import annotations

from hubbub.dialects import contract as say
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.dialects.socketio.renderer import renderer_of
from hubbub.errors import PERMISSION_DENIED
from hubbub.model import Position, Publication
from tests.contracts.dialect import TOP
from tests.dialects.socketio.heard import CONNECT, EVENT, hear
from tests.dialects.socketio.test_conversation import introduced, let_in, receive

RECOVER = {"channel": "room", "recover": True}
AFTER = say.Connect(
    1, subs={"room": Position("", 5, 55)}, recover=True, renderer=renderer_of("/", recovers=True)
)


def test_the_channel_to_be_recovered_has_cursors() -> None:
    dialect = introduced()
    (command,) = receive(dialect, EVENT, ["subscribe", RECOVER], "/", 1)
    assert command == say.Subscribe("room", 2, renderer=renderer_of("/", recovers=True))
    ack, cursor = hear(dialect.reply(command, say.Subscribed("room", TOP, True)))
    assert ack.data[0]["offset"] == 7
    assert cursor.data == ["cursor", "room@7.77"]
    renderer = renderer_of("/", recovers=True)
    (event,) = hear(renderer.publication("room", Publication(b"1", offset=8, tag=88)))
    assert event.data == ["message", 1, {"channel": "room", "offset": 8, "tag": 88}, "room@8.88"]
    (ephemeral,) = hear(renderer.publication("room", Publication(b"1")))
    assert ephemeral.data == ["message", 1, {"channel": "room"}]


def test_who_comes_back_with_a_position_begins_there() -> None:
    dialect = introduced()
    (command,) = receive(dialect, EVENT, ["subscribe", RECOVER])
    missed = (Publication(b"1", offset=7, tag=77),)
    reply = say.Subscribed("room", TOP, True, Position("e9", 6, 66), True, "", missed)
    (cursor,) = hear(dialect.reply(command, reply))
    assert cursor.data == ["cursor", "room@6.66"]


def test_one_channel_is_recovered_until_it_is_left() -> None:
    dialect = introduced()
    (command,) = receive(dialect, EVENT, ["subscribe", RECOVER])
    (other,) = receive(dialect, EVENT, ["subscribe", {"channel": "b", "recover": True}])
    assert isinstance(other, say.Unsupported)
    dialect.reply(command, say.Failed(PERMISSION_DENIED))
    (other,) = receive(dialect, EVENT, ["subscribe", {"channel": "b", "recover": True}])
    assert isinstance(other, say.Subscribe)


def test_a_client_that_was_cut_off_says_where_it_was() -> None:
    dialect = SocketIoDialect(1024)
    assert receive(dialect, CONNECT, {"pid": "p1", "offset": "room@5.55"}) == [AFTER]
    missed = (Publication(b"1", offset=6, tag=66),)
    back = say.Subscribed("room", TOP, True, Position("", 5, 55), True, "", missed)
    connect, subscribed, event = hear(
        dialect.reply(AFTER, say.Connected("s2", subs={"room": back}))
    )
    assert connect.data == {"sid": "s2", "pid": "p1"}, "it is told that it was recovered"
    assert subscribed.data[1]["recovered"] is True
    assert event.data[-1] == "room@6.66"
    (other,) = receive(dialect, EVENT, ["subscribe", {"channel": "b", "recover": True}])
    assert isinstance(other, say.Unsupported), "the channel is the same as before"


def test_who_cannot_be_recovered_is_told_so() -> None:
    gap = say.Subscribed("room", TOP, True, Position("", 5, 55), False, "gap")
    for subs in ({}, {"room": gap}, {"other": say.Subscribed("other", TOP)}):
        dialect = SocketIoDialect(1024)
        receive(dialect, CONNECT, {"pid": "p1", "offset": "room@5.55"})
        connect = hear(dialect.reply(AFTER, say.Connected("s2", subs=subs)))[0]
        assert connect.data == {"sid": "s2", "pid": "s2"}


def test_what_makes_no_sense_recovers_nothing() -> None:
    for wrong in (
        {"offset": "room@5.55"},
        {"pid": "p1"},
        {"pid": "p1", "offset": "hello"},
        {"pid": "x" * 65, "offset": "room@5.55"},
        {"pid": 5, "offset": "room@5.55"},
    ):
        assert receive(SocketIoDialect(1024), CONNECT, wrong) == [say.Connect(1)]
    dialect = let_in(SocketIoDialect(1024))
    said = {"pid": "p1", "offset": "room@5.55"}
    assert receive(dialect, CONNECT, said, "/chat") == [say.Vouch(2)], "in the first namespace only"
