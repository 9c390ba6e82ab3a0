"""How inboxes read as JSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from hubbub.hub.inbox import answers
from hubbub.hub.inbox.values import Acknowledgement, Overdue, Page, Sent, Unread
from hubbub.model import ClientInfo, Kind, Position, Publication

TOP = Position("e", 9, 77)
MESSAGE = Publication(
    b'{"a": 1}', Kind.JSON, ClientInfo("ann", "s"), {"id": "m1", "x": "y"}, time=5, offset=7
)


def shown(answer: object) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(msgspec.json.encode(answer))
    return read


def test_a_message_is_shown_with_its_sender_and_without_what_goes_without_saying() -> None:
    assert shown(answers.letter(MESSAGE)) == {
        **{"id": "m1", "offset": 7, "time": 5, "data": {"a": 1}, "sender": "ann"},
        "tags": {"x": "y"},
    }
    assert shown(answers.letter(Publication(b"\xff", Kind.BINARY, offset=1))) == {
        **{"id": "", "offset": 1, "time": 0, "data": "/w==", "encoding": "base64"},
    }
    assert shown(answers.letter(Publication(b"hi", Kind.TEXT)))["data"] == "hi"


def test_every_answer_has_the_end_of_the_inbox() -> None:
    end = {"offset": 9, "epoch": "e"}
    assert shown(answers.sent(Sent("m1", TOP))) == {"id": "m1", **end}
    assert shown(answers.sent(Sent("m1", TOP, True))) == {"id": "m1", **end, "duplicate": True}
    assert shown(answers.acknowledged(Acknowledgement(3, 2, TOP))) == {"upto": 3, "ahead": 2, **end}
    assert shown(answers.position(TOP)) == end
    assert shown(answers.unread(Unread(3, {"ann": 2, "": 1}, read=6, top=TOP))) == {
        **{"total": 3, "senders": {"ann": 2, "": 1}, "read": 6},
        **end,
    }
    page = shown(answers.pulled(Page([MESSAGE], 7, True, 4, TOP)))
    assert ([m["id"] for m in page.pop("messages")], page) == (
        ["m1"],
        {"upto": 7, "more": True, "lost": 4, **end},
    )
    overdue = Overdue("bob", [MESSAGE], 7, False, 0, 3, TOP)
    report = shown(answers.reported(overdue, "#bob"))
    assert [m["id"] for m in report.pop("messages")] == ["m1"]
    assert report == {"user": "bob", "channel": "#bob", "epoch": "e", "unread": 3}
