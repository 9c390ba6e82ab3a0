from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.socketio.renderer import SocketIoRenderer, local, qualified, renderer_of
from hubbub.model import ClientInfo, Kind, Publication
from tests.contracts.dialect import publications
from tests.dialects.socketio.heard import EVENT, hear

SENDER = ClientInfo("zhang", "s1", b'{"n":1}')
HELLO = Publication(b'{"text":"hi"}', Kind.JSON, SENDER, {"k": "v"}, "", 1000, 7, 77)
META = {
    "channel": "room",
    "sender": {"user": "zhang", "session": "s1", "conn_info": {"n": 1}},
    "offset": 7,
    "tag": 77,
    "time": 1000,
    "tags": {"k": "v"},
}


def test_a_publication_is_an_event_and_where_it_comes_from() -> None:
    (event,) = hear(renderer_of("/").publication("room", HELLO))
    assert event == (EVENT, ["message", {"text": "hi"}, META], "/", None)


def test_an_event_has_its_name_and_its_arguments() -> None:
    tags = {"event": "say", "args": "many"}
    renderer = renderer_of("/")
    for data, shown in ((b'["a",{"b":1}]', ["a", {"b": 1}]), (b"[]", []), (b"[[]]", [[]])):
        (event,) = hear(renderer.publication("room", Publication(data, tags=tags)))
        assert event.data == ["say", *shown, {"channel": "room"}]


def test_bytes_come_as_an_attachment() -> None:
    (event,) = hear(renderer_of("/").publication("room", Publication(b"\0\xff", Kind.BINARY)))
    assert event.data == ["message", b"\0\xff", {"channel": "room"}]


def test_a_namespace_calls_its_channels_by_their_own_names() -> None:
    renderer = renderer_of("/chat")
    (inside,) = hear(renderer.publication("chat:r1", Publication(b"1")))
    (outside,) = hear(renderer.publication("#zhang", Publication(b"1", Kind.BINARY)))
    assert inside == (EVENT, ["message", 1, {"channel": "r1"}], "/chat", None)
    assert outside == (EVENT, ["message", b"1", {"channel": "#zhang"}], "/chat", None)


@given(st.sampled_from(["/", "/chat", "/a/b"]), st.text(min_size=1))
def test_names_come_back(namespace: str, name: str) -> None:
    assert local(namespace, qualified(namespace, name)) == name


@given(publications(), st.text(min_size=1))
def test_whatever_is_published_can_be_read(publication: Publication, channel: str) -> None:
    (event,) = hear(renderer_of("/").publication(channel, publication))
    assert event.type == EVENT
    assert event.data[-1]["channel"] == channel


def test_joins_and_leaves() -> None:
    renderer = renderer_of("/chat")
    who = {"channel": "r1", "member": META["sender"]}
    assert hear(renderer.joined("chat:r1", SENDER))[0] == (EVENT, ["joined", who], "/chat", None)
    assert hear(renderer.left("chat:r1", SENDER))[0] == (EVENT, ["left", who], "/chat", None)


@pytest.mark.parametrize("namespace", ["/", "/chat"])
def test_renderers_of_one_namespace_are_equal(namespace: str) -> None:
    assert renderer_of(namespace) is renderer_of(namespace)
    assert renderer_of(namespace) == SocketIoRenderer(namespace)
    assert hash(renderer_of(namespace)) == hash(SocketIoRenderer(namespace))
    assert renderer_of(namespace) != renderer_of("/other")
