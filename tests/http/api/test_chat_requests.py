from __future__ import annotations

import msgspec
import pytest

from hubbub.http.api import chat_requests as ask


def test_what_may_be_left_out() -> None:
    deleted = msgspec.json.decode(b'{"channel":"room","offset":1}', type=ask.DeleteRequest)
    assert (deleted.channel, deleted.offset, deleted.user) == ("room", 1, "")
    typing = msgspec.json.decode(b'{"channel":"room","user":"ann"}', type=ask.TypingRequest)
    assert typing.typing


def test_names_and_keys_are_bounded() -> None:
    for member in ("user", "idempotency_key"):
        body = msgspec.json.encode({"channel": "room", "offset": 1, "data": 1, member: "x" * 129})
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=ask.EditRequest)
