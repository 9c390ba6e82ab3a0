"""What the JSON coding says to all subscribers of a channel."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge.json import JSON
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Publication
from tests.contracts.dialect import CHANNEL, PLAIN_ONE, SOME, infos, parts, publications
from tests.dialects.test_fossil import apply

RENDERER = JSON.renderer

PUB = (
    b'{"data":{"a": 1},"info":{"user":"zhang","client":"s1","conn_info":{"name": "Zhang\\n"}},'
    b'"offset":6,"time":1000}'
)
TEXT_PUB = b'{"data":"hello","offset":7,"tags":{"k":"v"},"time":1001}'


@pytest.mark.parametrize(
    ("publication", "data"),
    [
        (SOME[0], b'{"push":{"channel":"chat:lobby","pub":' + PUB + b"}}"),
        (SOME[1], b'{"push":{"channel":"chat:lobby","pub":' + TEXT_PUB + b"}}"),
        (
            Publication(b"\xff\x00", Kind.BINARY, PLAIN_ONE, {}, "s9", 1700),
            b'{"push":{"channel":"chat:lobby","pub":{"data":"/wA=","info":{"user":"","client":"s2"},"time":1700}}}',
        ),
        (
            Publication(b'{\n  "a": 1\n}\n', Kind.JSON),
            b'{"push":{"channel":"chat:lobby","pub":{"data":{  "a": 1}}}}',
        ),
    ],
)
def test_a_publication(publication: Publication, data: bytes) -> None:
    assert RENDERER.publication(CHANNEL, publication) == Packet(data)


def test_joins_and_leaves() -> None:
    info = b'{"info":{"user":"","client":"s2"}}'

    assert RENDERER.joined(CHANNEL, PLAIN_ONE) == Packet(
        b'{"push":{"channel":"chat:lobby","join":' + info + b"}}"
    )
    assert RENDERER.left(CHANNEL, PLAIN_ONE) == Packet(
        b'{"push":{"channel":"chat:lobby","leave":' + info + b"}}"
    )


def client_of(info: ClientInfo) -> dict[str, object]:
    extras = {"conn_info": info.conn_info, "chan_info": info.chan_info}
    return {
        "user": info.user,
        "client": info.session,
        **{name: json.loads(value) for name, value in extras.items() if value},
    }


@settings(deadline=None)
@given(st.text(min_size=1), publications())
def test_a_push_says_what_the_protocol_says(channel: ChannelName, publication: Publication) -> None:
    packet = RENDERER.publication(channel, publication)
    assert isinstance(packet, Packet)
    push = json.loads(packet.data)
    del push["push"]["pub"]["data"]
    expected: dict[str, object] = {}
    if publication.sender is not None:
        expected["info"] = client_of(publication.sender)
    if publication.offset:
        expected["offset"] = publication.offset
    if publication.tags:
        expected["tags"] = publication.tags
    if publication.time:
        expected["time"] = publication.time

    assert push == {"push": {"channel": channel, "pub": expected}}


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), infos()))
def test_members_are_told_by_session(members: dict[str, ClientInfo]) -> None:
    packet = JSON.reply(1, say.Members("c", members))

    assert b"\n" not in packet.data
    assert json.loads(packet.data) == {
        "id": 1,
        "presence": {"presence": {key: client_of(info) for key, info in members.items()}},
    }


def test_where_changes_are_shown_data_is_a_string() -> None:
    old, new = (json.dumps({"text": "é" * 20, "n": n}, ensure_ascii=False).encode() for n in (1, 2))
    renderer = RENDERER.deltas
    assert renderer is not None
    pubs = [
        json.loads(parts(renderer.publication("c", publication))[0].data)["push"]["pub"]
        for publication in (
            Publication(old, offset=1),
            Publication(new, offset=2, base=old),
            Publication(b"1", offset=3, base=new),
            Publication(b"hello", Kind.TEXT, offset=4),
        )
    ]
    assert pubs[0] == {"data": old.decode(), "offset": 1}
    assert pubs[1].keys() == {"data", "offset", "delta"}
    assert apply(old, pubs[1]["data"].encode()) == new
    assert pubs[2:] == [{"data": "1", "offset": 3}, {"data": '"hello"', "offset": 4}]


def test_what_is_no_text_cannot_be_shown_as_a_string() -> None:
    assert RENDERER.deltas is not None
    with pytest.raises(UnicodeDecodeError):
        RENDERER.deltas.publication("c", Publication(b'"\xff"', base=b'"a"'))
