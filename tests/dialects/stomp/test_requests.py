from __future__ import annotations

import pytest

from hubbub.dialects.chat import Typing
from hubbub.dialects.contract import Publish, Respond, Rpc, Unsupported
from hubbub.dialects.inbox import Send
from hubbub.dialects.stomp import requests
from hubbub.dialects.stomp.cursor import Acked
from hubbub.dialects.stomp.destinations import Place, Realm, place_of
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.subscriptions import Subscription
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import Refused
from hubbub.model import Kind

V1_0, V1_1, V1_2 = Version
ROOM = Place(Realm.CHANNEL, "/topic/", "room")


def place(destination: str) -> Place:
    found = place_of(destination)
    assert found is not None
    return found


def frame(command: str, body: bytes = b"", /, **headers: str) -> Frame:
    return Frame(command, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_a_send_publishes_or_calls() -> None:
    sent = frame("SEND", b"[1]", destination="/topic/room", colour="red")
    assert requests.send(sent, ROOM, 5) == Publish("room", b"[1]", id=5, tags={"colour": "red"})
    call = place("/app/chat/say")
    assert requests.send(frame("SEND", b"hi"), call, 6) == Rpc("chat/say", 6, b"hi", Kind.TEXT)
    assert requests.send(frame("SEND"), call, 7) == Rpc("chat/say", 7, b"null")
    empty = frame("SEND", content_type="text/plain")
    assert requests.send(empty, call, 8) == Rpc("chat/say", 8, b"", Kind.TEXT)
    for nobody in ("/temp-queue/x", "/event/x"):
        with pytest.raises(Refused, match="nobody can send"):
            requests.send(frame("SEND"), place(nobody), 9)


def test_a_subscription() -> None:
    asked = frame("SUBSCRIBE", destination="/topic/room", id="a", ack="client-individual")
    assert requests.subscription(asked, "/app", V1_2, "") == Subscription(
        "a", ROOM, "room", acks=True
    )
    with pytest.raises(Refused, match=r"ack is one of auto, client$"):
        requests.subscription(asked, "/app", V1_0, "")
    bare = frame("SUBSCRIBE", destination="/topic/room")
    assert requests.subscription(bare, "/app", V1_0, "") == Subscription("", ROOM, "room")
    with pytest.raises(Refused, match="'id'"):
        requests.subscription(bare, "/app", V1_1, "")
    with pytest.raises(Refused, match="no such destination"):
        requests.subscription(frame("SUBSCRIBE", destination="x", id="a"), "/app", V1_2, "")
    with pytest.raises(Refused, match="like its destination"):
        requests.subscription(frame("SUBSCRIBE", destination="/event/x", id="a"), "/app", V1_2, "")


def test_the_inbox_is_that_of_the_user() -> None:
    asked = frame("SUBSCRIBE", destination="/user/topic/reply", id="a", ack="client")
    expected = Subscription("a", place("/user/topic/reply"), "#li", acks=True, cumulative=True)
    assert requests.subscription(asked, "/app", V1_2, "li") == expected
    with pytest.raises(Refused, match="has a name"):
        requests.subscription(asked, "/app", V1_2, "")


def test_a_send_to_a_user_or_an_operation() -> None:
    sent = frame("SEND", b"hi", destination="/user/li/queue/x", x_key="k")
    assert requests.send(sent, place("/user/li/queue/x"), 5) == Send("li", b"hi", Kind.TEXT, 5, "k")
    typing = frame("SEND", b'{"channel":"room"}')
    assert requests.send(typing, place("/app/hubbub.typing"), 6) == Typing("room", 6)
    nothing = requests.send(typing, place("/app/hubbub.nothing"), 7)
    assert isinstance(nothing, Unsupported)


@pytest.mark.parametrize(("written", "number"), [("0", 0), ("5", 5), ("9999999999", 2**31 - 1)])
def test_recent_messages_are_counted(written: str, number: int) -> None:
    assert requests.recent(frame("SUBSCRIBE", x_recent=written)) == number


@pytest.mark.parametrize("written", ["", "-1", "many", "1.5", "9" * 11])
def test_other_numbers_are_refused(written: str) -> None:
    with pytest.raises(Refused, match="number"):
        requests.recent(frame("SUBSCRIBE", x_recent=written))


def test_what_is_acknowledged_by_version() -> None:
    assert requests.acked(frame("ACK", id="7.77@sub-0"), V1_2) == ("sub-0", Acked(7, 77))
    assert requests.acked(frame("ACK", id="7.77@a@b"), V1_2) == ("a@b", Acked(7, 77))
    named = frame("ACK", message_id="a@b@7.77", subscription="0")
    assert requests.acked(named, V1_1) == ("0", Acked(7, 77))
    assert requests.acked(frame("ACK", message_id="a@7.77"), V1_0) == ("", Acked(7, 77))


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, V1_2),
        ({"id": "7.77"}, V1_2),
        ({"id": "x@sub-0"}, V1_2),
        ({"message_id": "room@7.77"}, V1_2),
        ({"message_id": "room@7.77"}, V1_1),
        ({"message_id": "7.77", "subscription": "0"}, V1_1),
        ({"subscription": "0"}, V1_0),
    ],
)
def test_other_acknowledgements_are_refused(headers: dict[str, str], version: Version) -> None:
    with pytest.raises(Refused):
        requests.acked(frame("ACK", **headers), version)


def test_an_ephemeral_message_is_none_to_acknowledge() -> None:
    typing = frame("ACK", message_id="room@7.77.1764000000000", subscription="a")
    for said, version in ((typing, V1_1), (frame("ACK", id="0.1764000000000@a"), V1_2)):
        key, message = requests.acked(said, version)
        assert (key, message.is_kept) == ("a", False)


def test_results_go_to_places_of_ones_own() -> None:
    assert requests.answers(frame("SEND"), "/app") is None
    wanted = frame("SEND", reply_to="/temp-queue/box")
    assert requests.answers(wanted, "/app") == place("/temp-queue/box")
    for other in ("/topic/room", "nowhere"):
        with pytest.raises(Refused, match="reply-to"):
            requests.answers(frame("SEND", reply_to=other), "/app")


def test_others_are_told_an_address_to_answer_to() -> None:
    asks = frame("SEND", destination="/topic/a", reply_to="/temp-queue/a/b")
    assert requests.answerable(asks, "n1.x.y").headers["reply-to"] == "/reply-queue/n1.x.y/a/b"
    for other in (frame("SEND"), frame("SEND", reply_to="/user/li/x")):
        assert requests.answerable(other, "n1.x.y") == other
    assert requests.answerable(asks, "") == asks
    where = requests.place("/reply-queue/n1.x.y/a/b", "/app")
    answer = requests.send(frame("SEND", b"!", n="1"), where, 5)
    assert answer == Respond("n1.x.y", "a/b", b"!", Kind.TEXT, 5, {"n": "1"})
    with pytest.raises(Refused, match="/temp-queue/"):
        requests.subscription(
            frame("SUBSCRIBE", id="a", destination=where.destination), "/app", V1_2, ""
        )


def test_a_receipt_has_a_short_name() -> None:
    assert requests.receipt(frame("SEND", receipt="r")) == "r"
    assert requests.receipt(frame("SEND")) == ""
    with pytest.raises(Refused):
        requests.receipt(frame("SEND", receipt="r" * (requests.RECEIPT_LIMIT + 1)))
