from __future__ import annotations

from hubbub.dialects.contract import Emit
from hubbub.dialects.stomp.renderer import BY_SERVER, Leg, StompRenderer, body, renderer_of
from hubbub.dialects.stomp.versions import Version
from hubbub.model import ClientInfo, Kind, Packet, Publication
from tests.dialects.stomp.heard import Heard, hear

V1_0, V1_1, V1_2 = Version
SAID = Publication(b"[1]", Kind.JSON, ClientInfo("li", "s1"), {"colour": "red"}, "", 5, 7, 77)


def test_a_message_names_its_subscription() -> None:
    (heard,) = hear(renderer_of(V1_2, (Leg("sub:0"),)).publication("chat:room", SAID))
    assert heard == Heard(
        "MESSAGE",
        {
            "destination": "/topic/chat:room",
            "subscription": "sub:0",
            "message-id": "chat:room@7.77",
            "content-type": "application/json",
            "timestamp": "5",
            "x-user": "li",
            "x-session": "s1",
            "colour": "red",
            "content-length": "3",
        },
        "[1]",
    )


def test_each_subscription_gets_its_own() -> None:
    both = renderer_of(V1_2, (Leg("a", "/topic/", acks=True), Leg("b", "/channel/")))
    first, second = hear(both.publication("room", SAID))
    assert first.headers["ack"] == "7.77@a"
    assert (second.headers["subscription"], second.headers["destination"]) == ("b", "/channel/room")
    assert "ack" not in second.headers


def test_only_1_2_acknowledges_by_another_name() -> None:
    shown = renderer_of(V1_1, (Leg("a", acks=True),)).publication("room", SAID)
    assert "ack" not in hear(shown)[0].headers


def test_what_the_server_follows_for_a_client_is_called_like_its_destination() -> None:
    (heard,) = hear(renderer_of(V1_2).publication("room", SAID))
    assert heard.headers["subscription"] == "/topic/room"
    (bare,) = hear(renderer_of(V1_0, (Leg(""),)).publication("room", SAID))
    assert "subscription" not in bare.headers


def test_of_a_pattern_the_channel_is_named() -> None:
    said = Publication(b"[1]", channel="news:uk", offset=7, tag=77)
    (heard,) = hear(renderer_of(V1_2, (Leg("a"),)).publication("news:*", said))
    assert heard.headers["destination"] == "/topic/news:uk"
    assert heard.headers["message-id"] == "news:uk@7.77"


def test_those_whose_subscriptions_look_alike_share_what_is_made() -> None:
    assert renderer_of(V1_2, (Leg("sub-0"),)) is renderer_of(V1_2, (Leg("sub-0"),))
    assert StompRenderer(V1_2, (BY_SERVER,)) == renderer_of(V1_2)
    assert renderer_of(V1_2, (Leg("sub-1"),)) != renderer_of(V1_2, (Leg("sub-0"),))
    assert renderer_of(V1_1) != renderer_of(V1_2)


def test_what_is_remembered_is_never_another_publications() -> None:
    many = [Publication(b"%d" % n, offset=n, tag=1) for n in range(40)]
    for said in (*many, *many):
        for version in Version:
            for id in ("a", "b"):
                shown = renderer_of(version, (Leg(id),)).publication("room", said)
                head = b"MESSAGE\ndestination:/topic/room\nsubscription:" + id.encode()
                assert shown == Packet(head + body("room", said, version))


def test_an_id_is_a_word_in_what_all_share() -> None:
    for version in Version:
        for acks in (False, True):
            for leg in (Leg("sub:0", acks=acks), Leg("sub:0", "", acks, "/user/queue/x")):
                renderer = renderer_of(version, (leg,))
                assert renderer.templated is not None
                template, word = renderer.templated
                assert renderer_of(version, (leg._replace(id="b"),)).templated == (template, b"b")
                pieces, binary = template.publication("room", SAID)
                assert Packet(word.join(pieces), binary) == renderer.publication("room", SAID)


def test_several_subscriptions_and_those_without_an_id_share_nothing() -> None:
    assert renderer_of(V1_2, (Leg("a"), Leg("b"))).templated is None
    assert renderer_of(V1_0, (Leg(""),)).templated is None
    assert renderer_of(V1_2).templated is None


def test_what_the_application_says_to_single_clients() -> None:
    (heard,) = hear(renderer_of(V1_2).emitted(Emit("hi", ({"a": 1},))))
    assert heard.headers["subscription"] == heard.headers["destination"] == "/event/hi"
    assert (heard.headers["content-type"], heard.body) == ("application/json", '{"a":1}')
    (nameless,) = hear(renderer_of(V1_2).emitted(Emit("", (b"\xff",))))
    assert nameless.headers["destination"] == "/event/message"
    assert nameless.body == b"\xff"
