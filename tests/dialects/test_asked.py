from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.asked import command
from hubbub.dialects.envelope import PING
from hubbub.model import Kind, Position
from tests.contracts.dialect import CHANNEL, json_values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'{"type":"publish","data":{"a": 1},"id":3}', say.Publish(CHANNEL, b'{"a": 1}', id=3)),
        (b'{"type":"publish","data":null}', say.Publish(CHANNEL, b"null")),
        (b'{"type":"publish","data":12}', say.Publish(CHANNEL, b"12")),
        (b'{"type":"publish","data":"hi\\n"}', say.Publish(CHANNEL, b"hi\n", Kind.TEXT)),
        (
            b'{"type":"publish","data":"/wA=","encoding":"base64"}',
            say.Publish(CHANNEL, b"\xff\x00", Kind.BINARY),
        ),
        (b' {"id":1, "type":"history"}', say.History(CHANNEL, 1, -1)),
        (
            b'{"type":"history","limit":5,"since":"e9.7.77","reverse":true}',
            say.History(CHANNEL, 0, 5, Position("e9", 7, 77), True),
        ),
        (b'{"type":"history","limit":0}', say.History(CHANNEL)),
        (b'{"type":"presence","id":2}', say.Presence(CHANNEL, 2)),
        (b'{"type":"presence","counts":true}', say.Presence(CHANNEL, 0, True)),
        (
            b'{"type":"hubbub.call","method":"say","data":{"a":1},"id":4}',
            say.Rpc("say", 4, b'{"a":1}'),
        ),
        (b'{"type":"hubbub.call","method":"say"}', say.Rpc("say", 0, b"null")),
        (
            b'{"type":"hubbub.call","method":"say","data":"/wA=","encoding":"base64"}',
            say.Rpc("say", 0, b"\xff\x00", Kind.BINARY),
        ),
        (b'{"type":"ping"}', PING),
        (b'{"type":"ping","more":1}', PING),
    ],
)
def test_a_command_is_understood(value: bytes, expected: say.Command) -> None:
    assert command(CHANNEL, value) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"{}",
        b"[]",
        b'["type","publish"]',
        b'{"type":"subscribe"}',
        b'{"type":"Publish","data":1}',
        b'{"type":null}',
        b'{"type":{"type":"ping"}}',
        b'{"data":{"type":"ping"}}',
        b'{"types":"ping"}',
    ],
)
def test_everything_else_is_published(value: bytes) -> None:
    assert command(CHANNEL, value) is None


@pytest.mark.parametrize(
    ("value", "id", "sentence"),
    [
        (b'{"type":"publish","id":4}', 4, "a publish has data"),
        (b'{"type":"publish","data":1,"encoding":"base64","id":4}', 4, "is a string"),
        (b'{"type":"publish","data":"/w","encoding":"base64","id":4}', 4, "not base64"),
        (b'{"type":"publish","data":"/w=!","encoding":"base64","id":4}', 4, "not base64"),
        ('{"type":"publish","data":"é","encoding":"base64"}'.encode(), 0, "not base64"),
        (b'{"type":"publish","data":"","encoding":"hex"}', 0, "Invalid enum value 'hex'"),
        (b'{"type":"publish","data":1,"id":"4"}', 0, "Expected `int`, got `str` - at `$.id`"),
        (b'{"type":"publish","data":1,"id":-1}', 0, "`$.id`"),
        (b'{"type":"publish","data":1,"id":9007199254740992}', 0, "`$.id`"),
        (b'{"type":"history","limit":"5"}', 0, "`$.limit`"),
        (b'{"type":"history","limit":-2}', 0, "`$.limit`"),
        (b'{"type":"history","limit":1.5}', 0, "`$.limit`"),
        (b'{"type":"history","since":"e9","id":5}', 5, "'e9' is no position"),
        (b'{"type":"history","since":{"offset":1}}', 0, "`$.since`"),
        (b'{"type":"presence","counts":1}', 0, "`$.counts`"),
    ],
)
def test_a_wrong_command_is_refused_with_a_sentence(value: bytes, id: int, sentence: str) -> None:
    refused = command(CHANNEL, value)

    assert isinstance(refused, say.Unsupported)
    assert (refused.id, refused.error.code, refused.error.temporary) == (id, 107, False)
    assert sentence in refused.error.message


@settings(deadline=None)
@given(json_values(), st.integers(0, 2**53 - 1))
def test_a_published_value_is_the_payload(value: object, id: int) -> None:
    asked = command(
        CHANNEL, json.dumps({"id": id, "type": "publish", "data": value}, indent=1).encode()
    )

    assert isinstance(asked, say.Publish)
    assert asked.id == id
    if isinstance(value, str):
        assert (asked.data.decode(), asked.kind) == (value, Kind.TEXT)
    else:
        assert (json.loads(asked.data), asked.kind) == (value, Kind.JSON)


@settings(deadline=None)
@given(st.binary())
def test_published_bytes_are_the_payload(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    value = json.dumps({"type": "publish", "encoding": "base64", "data": text}).encode()

    assert command(CHANNEL, value) == say.Publish(CHANNEL, data, Kind.BINARY)
