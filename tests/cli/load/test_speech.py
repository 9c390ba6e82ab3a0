from __future__ import annotations

import json

from hubbub.cli.load.speech import CENTRIFUGE, TEXT


def test_text_is_sent_as_it_is() -> None:
    assert TEXT.join("lobby") == ()
    assert TEXT.publish("lobby", 1, b"hello") == b"hello"
    assert TEXT.answer(b"{}") is None
    assert TEXT.complaint(b'{"error":{"code":1}}') is None


def test_centrifuge_connects_and_subscribes() -> None:
    connect, subscribe = CENTRIFUGE.join('a "room"')

    assert json.loads(connect.send) == {"id": 1, "connect": {}}
    assert json.loads(subscribe.send) == {"id": 2, "subscribe": {"channel": 'a "room"'}}
    assert subscribe.expect in b'{"id":2,"subscribe":{"recoverable":true}}'


def test_centrifuge_publishes_json_with_a_number_of_its_own() -> None:
    texts = [json.loads(CENTRIFUGE.publish("lobby", number, b"hello")) for number in (1, 2)]

    assert [text["publish"] for text in texts] == [{"channel": "lobby", "data": "hello"}] * 2
    assert len({1, 2, *(text["id"] for text in texts)}) == 4


def test_centrifuge_answers_pings_only() -> None:
    assert CENTRIFUGE.answer(b"{}") == b"{}"
    assert CENTRIFUGE.answer(b'{"id":3,"publish":{}}') is None


def test_centrifuge_errors_are_found_among_other_replies() -> None:
    text = b'{"id":3,"publish":{}}\n{"id":4,"error":{"code":103,"message":"permission denied"}}'

    assert CENTRIFUGE.complaint(text) == "permission denied (103)"
    assert CENTRIFUGE.complaint(b'{"push":{"pub":{"data":"x"}}}') is None
    assert CENTRIFUGE.complaint(b'{"push":{"pub":{"data":{"error":1}}}}') is None
    assert CENTRIFUGE.complaint(b'no JSON, and an "error"') is None
