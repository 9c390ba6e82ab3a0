from __future__ import annotations

import json
from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.socketio.values import RESERVED, arguments, event_name, payload, tags
from hubbub.model import Kind, Publication
from tests.contracts.dialect import json_values


@given(st.lists(json_values(), max_size=4))
def test_arguments_come_back(said: list[object]) -> None:
    data, kind, many = payload(said)
    shown = arguments(Publication(data, kind, tags=tags("say", many)))
    assert kind is Kind.JSON
    assert many is (len(said) != 1)
    assert json.loads(b"[" + shown + b"]") == said


@given(st.binary())
def test_bytes_alone_stay_bytes(said: bytes) -> None:
    assert payload([said]) == (said, Kind.BINARY, False)


@given(st.binary())
def test_bytes_within_json_are_base64(said: bytes) -> None:
    text = b64encode(said).decode()
    assert json.loads(payload([{"file": said}])[0]) == {"file": text}
    assert json.loads(payload([said, 1])[0]) == [text, 1]


def test_a_name_goes_into_a_tag_but_for_the_usual_one() -> None:
    assert tags("message", many=False) is None
    assert tags("message", many=True) == {"args": "many"}
    assert tags("say", many=False) == {"event": "say"}
    assert event_name(Publication(b"1", tags={"event": "say"})) == "say"
    assert event_name(Publication(b"1", tags={"other": "say"})) == "message"
    assert event_name(Publication(b"1")) == "message"


def test_no_tag_makes_an_event_that_breaks_a_client() -> None:
    for name in (*RESERVED, "x" * 129):
        assert event_name(Publication(b"1", tags={"event": name})) == "message"


def test_what_is_no_array_is_one_argument_whatever_its_tag_says() -> None:
    for data in (b"1", b'"[]"', b'{"a":[1]}'):
        assert arguments(Publication(data, tags={"args": "many"})) == data
    assert arguments(Publication(b" [ ] ", tags={"args": "many"})) == b""
    assert arguments(Publication(b"hi", Kind.TEXT, tags={"args": "many"})) == b'"hi"'


def test_what_is_no_message_is_called_by_its_kind() -> None:
    made = Publication(b"1", tags={"kind": "edit", "about": "1", "event": "say"}, made=True)
    assert event_name(made) == "edit"
    assert event_name(Publication(b"1", tags={"kind": "edit"})) == "message"
