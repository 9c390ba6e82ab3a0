from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.values import RESERVED, TYPES, described, payload, tags
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import Refused
from hubbub.model import ClientInfo, Kind, Publication

JSON, TEXT, BINARY = Kind.JSON, Kind.TEXT, Kind.BINARY


def sent(body: bytes, media: str | None = None) -> Frame:
    return Frame("SEND", {} if media is None else {"content-type": media}, body)


@pytest.mark.parametrize(
    ("body", "media", "kind"),
    [
        (b'{"a":1}', None, JSON),
        (b" [1]", None, JSON),
        (b"{a}", None, TEXT),
        (b"42", None, TEXT),
        (b"", None, TEXT),
        (b"a\0b", None, BINARY),
        (b"\xff", None, BINARY),
        (b"42", "application/json", JSON),
        (b"42", "application/JSON ; charset=utf-8", JSON),
        (b"{}", "application/geo+json", JSON),
        (b"{}", "text/plain", TEXT),
        (b"\xff", "text/plain", BINARY),
        (b"<a/>", "application/xml", TEXT),
        (b"<a/>", "image/svg+xml", TEXT),
        (b"{}", "application/octet-stream", BINARY),
        (b"x", "nonsense", BINARY),
    ],
)
def test_a_body_is_data_of_a_kind(body: bytes, media: str | None, kind: Kind) -> None:
    assert payload(sent(body, media)) == (body, kind)


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="not JSON"):
        payload(sent(b"{", "application/json"))


@given(body=st.binary(), media=st.none() | st.sampled_from(["text/plain", "a/b"]))
def test_any_body_has_a_kind_that_it_fits(body: bytes, media: str | None) -> None:
    data, kind = payload(sent(body, media))
    assert kind is JSON or data == body
    if kind is JSON:
        assert json.loads(data) == json.loads(body)
    if kind is TEXT:
        data.decode()


def test_headers_of_ones_own_are_tags() -> None:
    headers = {
        "destination": "/topic/a",
        "receipt": "r",
        "content-length": "1",
        "content-type": "text/plain",
        "x-user": "somebody else",
        "colour": "red",
        "event": "say",
    }
    assert tags(headers, TEXT) == {"colour": "red", "event": "say"}
    assert tags(headers, BINARY) == {
        "colour": "red",
        "event": "say",
        "content-type": "text/plain",
    }
    assert tags({"destination": "/topic/a"}, TEXT) is None


def test_what_lets_somebody_in_is_no_tag() -> None:
    shown = {"Authorization": "Bearer abc", "token": "abc", "login": "li", "passcode": "abc"}
    assert tags({"destination": "/topic/a", **shown, "colour": "red"}, JSON) == {"colour": "red"}
    assert tags({"authorization": "Basic YQ==", "Cookie": "a=b"}, JSON) is None


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_some_tags_only_the_server_gives(name: str) -> None:
    with pytest.raises(Refused, match=name):
        tags({name: "edit"}, JSON)


def test_a_publication_is_described() -> None:
    sender = ClientInfo("zhang:\n", "s1")
    labels = {"colour": "a:b", "subscription": "spoofed", "a:b": "c", "content-type": "a/b"}
    publication = Publication(b"", TEXT, sender, labels, "", 1764000000000, 7, 77)
    assert list(described(publication, Version.V1_2)) == [
        "content-type:a/b",
        "timestamp:1764000000000",
        "x-user:zhang\\c\\n",
        "x-session:s1",
        "colour:a\\cb",
        "a\\cb:c",
    ]
    assert list(described(publication, Version.V1_0)) == [
        "content-type:a/b",
        "timestamp:1764000000000",
        "x-user:zhang: ",
        "x-session:s1",
        "colour:a:b",
    ]
    bare = Publication(b"", BINARY, ClientInfo("", "s1"))
    assert list(described(bare, Version.V1_2)) == [f"content-type:{TYPES[BINARY]}", "x-session:s1"]
