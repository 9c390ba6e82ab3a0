from __future__ import annotations

import json

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.stomp.conversation import StompDialect
from hubbub.dialects.stomp.renderer import Leg, renderer_of
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import (
    INSUFFICIENT_STATE,
    NORMAL,
    PERMISSION_DENIED,
    SHUTDOWN,
    TOKEN_EXPIRED,
    Close,
    ProtocolViolation,
)
from hubbub.model import Kind, Packet, Position, Publication
from tests.contracts.dialect import TOP, DialectContract
from tests.dialects.stomp.heard import Heard, hear, read
from tests.dialects.stomp.talk import LIMIT, error_of, introduced, receive, refused, written

V1_0, V1_1, V1_2 = Version


class TestStomp(DialectContract):
    def make(self) -> say.Dialect:
        return introduced()

    def shown(self, packet: Packet) -> object:
        heard = read(packet.data)
        media = heard.headers["content-type"]
        if media == "application/json":
            return json.loads(heard.body)
        if media == "application/octet-stream":
            assert packet.binary
            return heard.body if isinstance(heard.body, bytes) else heard.body.encode()
        return heard.body


def test_the_first_frame_introduces() -> None:
    dialect = StompDialect(LIMIT, user="ann")
    assert dialect.open() == ()
    assert receive(dialect, "STOMP", accept_version="1.1,1.2", host="h", login="li", token="t") == [
        say.Connect(1, "li", "t", b'{"login":"li"}')
    ]
    assert receive(StompDialect(LIMIT, user="ann"), "CONNECT") == [say.Connect(1, "ann")]


@pytest.mark.parametrize(
    "first",
    [written("SEND", destination="/topic/a"), written("HELO"), b"\0", b"GET / HTTP/1.1\r\n\r\n\0"],
)
def test_nothing_else_comes_first(first: bytes) -> None:
    dialect = StompDialect(LIMIT)
    with pytest.raises(ProtocolViolation) as fault:
        dialect.receive(Packet(first))
    (error,) = hear(dialect.farewell(fault.value.close))
    assert error.command == "ERROR"
    assert error.headers["version"] == "1.0,1.1,1.2"


def test_versions_that_nobody_speaks() -> None:
    dialect = StompDialect(LIMIT)
    with pytest.raises(ProtocolViolation, match=r"1\.0,1\.1,1\.2"):
        receive(dialect, "CONNECT", accept_version="2.0")


def test_who_is_not_let_in_is_told_why() -> None:
    dialect = StompDialect(LIMIT)
    (connect,) = receive(dialect, "CONNECT", token="old")
    error = error_of(dialect, connect, say.Failed(TOKEN_EXPIRED))
    assert error == {"message": "token expired", "x-code": "109"}


def test_one_introduction_is_enough() -> None:
    assert "'CONNECT'" in refused(introduced(), "CONNECT")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_heart_beats(version: str) -> None:
    dialect = StompDialect(LIMIT)
    (connect,) = receive(dialect, "CONNECT", accept_version=version, heart_beat="10000,10000")
    wanted = version != "1.0"
    assert dialect.pings is wanted
    (connected,) = hear(dialect.reply(connect, say.Connected("s1", 25 if wanted else 0)))
    assert connected.headers.get("heart-beat") == ("26000,25000" if wanted else None)
    assert dialect.pongs is wanted
    assert dialect.push(say.Ping()) == (Packet(b"\n") if wanted else None)


def test_a_client_that_is_heard_too_seldom_is_pinged_by_the_transport() -> None:
    dialect = introduced(heart_beat="50000,0")
    assert dialect.pings
    assert not dialect.pongs
    assert dialect.push(say.Ping()) is None


def test_publishing_has_its_receipt_when_it_is_stored() -> None:
    dialect = introduced()
    (publish,) = receive(
        dialect, "SEND", b"[1]", destination="/topic/room", receipt="r1", colour="red"
    )
    assert publish == say.Publish("room", b"[1]", Kind.JSON, 2, "", {"colour": "red"})
    (receipt,) = hear(dialect.reply(publish, say.Published("room", TOP)))
    assert receipt == Heard("RECEIPT", {"receipt-id": "r1", "message-id": "room@7.77"})
    (silent,) = receive(dialect, "SEND", b"[1]", destination="/topic/room")
    assert dialect.reply(silent, say.Published("room", TOP)) is None


def test_what_is_refused_ends_the_connection() -> None:
    dialect = introduced()
    (publish,) = receive(dialect, "SEND", b"[1]", destination="/topic/room", receipt="r1")
    error = error_of(dialect, publish, say.Failed(PERMISSION_DENIED, "not you"))
    assert error == {"message": "not you", "receipt-id": "r1", "x-code": "103"}


def test_subscribing() -> None:
    dialect = introduced()
    (subscribe,) = receive(
        dialect,
        "SUBSCRIBE",
        id="a",
        destination="/topic/room",
        receipt="r",
        x_recent="3",
        token="t",
        ack="client",
    )
    shown = renderer_of(V1_2, (Leg("a", acks=True),))
    assert subscribe == say.Subscribe("room", 2, recent=3, token="t", renderer=shown)
    (receipt,) = hear(dialect.reply(subscribe, say.Subscribed("room", TOP)))
    assert receipt.headers == {"receipt-id": "r", "x-position": "e9.7.77"}


def test_coming_back_to_a_message() -> None:
    dialect = introduced()
    ask = {"destination": "/topic/room", "x_since": r"room@5.55"}
    (with_receipt,) = receive(dialect, "SUBSCRIBE", id="a", receipt="r", **ask)
    assert isinstance(with_receipt, say.Subscribe)
    assert with_receipt.since == Position("", 5, 55)
    assert not with_receipt.reject_unrecovered
    (without,) = receive(introduced(), "SUBSCRIBE", id="a", **ask)
    assert isinstance(without, say.Subscribe)
    assert without.reject_unrecovered


def test_two_subscriptions_to_one_channel() -> None:
    dialect = introduced()
    receive(dialect, "SUBSCRIBE", id="a", destination="/topic/room")
    (second,) = receive(dialect, "SUBSCRIBE", id="b", destination="/channel/room")
    both = renderer_of(V1_2, (Leg("a"), Leg("b", "/channel/")))
    assert isinstance(second, say.Subscribe)
    assert second.renderer == renderer_of(V1_2, (Leg("b", "/channel/"),))
    assert second.beside == both
    (first,) = receive(dialect, "UNSUBSCRIBE", id="a")
    assert first == say.Unsubscribe("room", 4, renderer_of(V1_2, (Leg("b", "/channel/"),)))
    assert receive(dialect, "UNSUBSCRIBE", id="b") == [say.Unsubscribe("room", 5)]


def test_a_subscription_of_1_0_needs_no_id() -> None:
    dialect = introduced("1.0")
    (subscribe,) = receive(dialect, "SUBSCRIBE", destination="/topic/room")
    assert isinstance(subscribe, say.Subscribe)
    assert subscribe.renderer == renderer_of(V1_0, (Leg(""),))
    assert receive(dialect, "UNSUBSCRIBE", destination="/topic/room") == [
        say.Unsubscribe("room", 3)
    ]


def test_transactions_wait() -> None:
    dialect = introduced()
    counted = [say.Settle(0)]
    assert receive(dialect, "BEGIN", transaction="t") == counted
    send = {"destination": "/topic/room", "transaction": "t"}
    assert receive(dialect, "SEND", b"1", **send) == counted
    assert dialect.reply(counted[0], say.Settled()) is None
    (noted,) = receive(dialect, "SEND", b"2", receipt="r", **send)
    assert isinstance(noted, say.Settle)
    (receipt,) = hear(dialect.reply(noted, say.Settled()))
    assert receipt.headers == {"receipt-id": "r"}
    (together,) = receive(dialect, "COMMIT", transaction="t", receipt="c")
    assert isinstance(together, say.Together)
    first, second = together.commands
    assert isinstance(first, say.Publish)
    assert isinstance(second, say.Publish)
    assert [first.data, second.data] == [b"1", b"2"]
    assert dialect.reply(first, say.Published("room", TOP)) is None
    error = error_of(dialect, second, say.Failed(PERMISSION_DENIED))
    assert error["receipt-id"] == "c"
    assert "number 2 of 2 in the transaction" in error["message"]


def test_a_transaction_has_one_receipt() -> None:
    dialect = introduced()
    receive(dialect, "BEGIN", transaction="t")
    receive(dialect, "SEND", b"1", destination="/topic/room", transaction="t")
    (together,) = receive(dialect, "COMMIT", transaction="t", receipt="c")
    assert isinstance(together, say.Together)
    assert dialect.reply(together.commands[0], say.Published("room", TOP)) is None
    (receipt,) = hear(dialect.reply(together, say.Settled()))
    assert receipt.headers == {"receipt-id": "c"}


def test_an_aborted_transaction_is_forgotten() -> None:
    dialect = introduced()
    receive(dialect, "BEGIN", transaction="t")
    receive(dialect, "SEND", b"1", destination="/topic/room", transaction="t")
    assert receive(dialect, "ABORT", transaction="t") == [say.Settle(0)]
    assert "no transaction" in refused(dialect, "COMMIT", transaction="t")


def test_functions_are_called() -> None:
    dialect = introduced()
    ask = {"destination": "/app/sum", "receipt": "r"}
    (call,) = receive(
        dialect, "SEND", b"[1,2]", reply_to="/temp-queue/a", correlation_id="7", **ask
    )
    assert call == say.Rpc("sum", 2, b"[1,2]")
    message, receipt = hear(dialect.reply(call, say.Answered(b"3")))
    assert message.headers["subscription"] == "/temp-queue/a"
    assert (message.headers["correlation-id"], message.body) == ("7", "3")
    assert receipt.command == "RECEIPT"
    receive(dialect, "SUBSCRIBE", id="mine", destination="/temp-queue/a")
    (again,) = receive(dialect, "SEND", b"x", reply_to="/temp-queue/a", **ask)
    message, _ = hear(dialect.reply(again, say.Failed(PERMISSION_DENIED)))
    assert message.headers["subscription"] == "mine"
    assert message.headers["x-code"] == "103"
    (alone,) = receive(dialect, "SEND", b"x", **ask)
    assert error_of(dialect, alone, say.Failed(PERMISSION_DENIED))["x-code"] == "103"


def test_a_subscription_to_a_function_gets_its_answer() -> None:
    dialect = introduced()
    (call,) = receive(dialect, "SUBSCRIBE", id="a", destination="/app/now")
    assert call == say.Rpc("now", 2, b"null")
    (message,) = hear(dialect.reply(call, say.Answered(b"5")))
    assert (message.headers["subscription"], message.body) == ("a", "5")
    assert receive(dialect, "UNSUBSCRIBE", id="a") == [say.Settle(0)]


def test_leaving_waits_for_what_came_before() -> None:
    dialect = introduced()
    settle, goodbye = receive(dialect, "DISCONNECT", receipt="bye")
    assert isinstance(goodbye, say.Goodbye)
    (receipt,) = hear(dialect.reply(settle, say.Settled()))
    assert receipt == Heard("RECEIPT", {"receipt-id": "bye"})
    assert dialect.receive(Packet(written("BEGIN", transaction="t"))) == []
    assert dialect.farewell(NORMAL) is None


def test_the_end_is_told() -> None:
    (error,) = hear(introduced().farewell(SHUTDOWN))
    assert error == Heard("ERROR", {"message": "shutdown", "x-code": "3001"})


def test_a_channel_that_is_not_whole_ends_the_connection() -> None:
    dialect = introduced()
    assert dialect.push(say.Resync("room", TOP, "gap")) == INSUFFICIENT_STATE
    (error,) = hear(dialect.farewell(INSUFFICIENT_STATE))
    assert "messages of room up to e9.7.77 may be missing" in error.headers["message"]


@pytest.mark.parametrize(("code", "close"), [(2000, 1008), (2500, 1013)])
def test_a_subscription_that_the_server_ends(code: int, close: int) -> None:
    dialect = introduced()
    receive(dialect, "SUBSCRIBE", id="a", destination="/topic/room")
    ended = dialect.push(say.Ended("room", code, "why"))
    assert isinstance(ended, Close)
    assert ended.code == close
    (error,) = hear(dialect.farewell(ended))
    assert error.headers["x-code"] == str(code)


def test_what_the_server_followed_by_itself_it_may_end() -> None:
    dialect = introduced()
    dialect.push(say.Entered(say.Subscribed("room", TOP)))
    assert dialect.push(say.Ended("room", 2000, "why")) is None
    assert dialect.farewell(NORMAL) is None


def test_what_the_server_follows_for_the_client() -> None:
    dialect = StompDialect(LIMIT)
    (connect,) = receive(dialect, "CONNECT", accept_version="1.2")
    missed = (Publication(b'"missed"', offset=7, tag=77),)
    subs = {"news": say.Subscribed("news", TOP, True, TOP, True, "", missed)}
    connected, message = hear(dialect.reply(connect, say.Connected("s1", subs=subs)))
    assert connected.command == "CONNECTED"
    assert (message.headers["subscription"], message.body) == ("/topic/news", '"missed"')
    assert dialect.push(say.Entered(say.Subscribed("more", TOP))) is None
    for channel in ("news", "more"):
        (beside,) = receive(dialect, "SUBSCRIBE", id=channel, destination=f"/topic/{channel}")
        assert isinstance(beside, say.Subscribe)
        assert beside.beside == renderer_of(V1_2, (Leg(channel),))
