from __future__ import annotations

import pytest

from hubbub.dialects.contract import (
    Answered,
    Failed,
    Published,
    Reply,
    Resync,
    Settled,
    Subscribed,
)
from hubbub.dialects.stomp.answers import Asked, error, lost, receipt, result
from hubbub.dialects.stomp.destinations import Place, Realm
from hubbub.dialects.stomp.subscriptions import Subscription
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import PERMISSION_DENIED
from hubbub.model import Kind, Position
from tests.dialects.stomp.heard import Heard, hear

TOP = Position("e9", 7, 77)
V1_2 = Version.V1_2
BOX = Subscription("", Place(Realm.ANSWERS, "/temp-queue/", "box"))


@pytest.mark.parametrize(
    ("reply", "headers"),
    [
        (Settled(), {}),
        (Published("room", TOP), {"message-id": "room@7.77"}),
        (Published("room", Position("", 0)), {}),
        (Subscribed("room", TOP), {"x-position": "e9.7.77"}),
        (
            Subscribed("room", TOP, True, Position("", 5), True),
            {"x-position": "e9.7.77", "x-recovered": "true"},
        ),
        (
            Subscribed("room", TOP, True, Position("", 5), False, "gap"),
            {"x-position": "e9.7.77", "x-recovered": "false", "x-reason": "gap"},
        ),
    ],
)
def test_a_receipt_tells_what_became_of_it(reply: Reply, headers: dict[str, str]) -> None:
    (heard,) = hear(receipt("r:1", reply, V1_2))
    assert heard == Heard("RECEIPT", {"receipt-id": "r:1", **headers})


def test_an_error_says_why() -> None:
    (heard,) = hear(error("no: you", V1_2, code=103, receipt="r1", versions="1.0"))
    told = {"message": "no: you", "receipt-id": "r1", "x-code": "103", "version": "1.0"}
    assert heard == Heard("ERROR", told)
    assert hear(error("no", V1_2)) == [Heard("ERROR", {"message": "no"})]
    assert "e9.7.77" in lost(Resync("room", TOP, "gap"))


def test_a_result_is_a_message() -> None:
    asked = Asked("", False, BOX, "c1")
    (heard,) = hear(result(asked, 5, Answered(b"[1]"), V1_2))
    assert heard == Heard(
        "MESSAGE",
        {
            "destination": "/temp-queue/box",
            "subscription": "/temp-queue/box",
            "message-id": "answer-5",
            "correlation-id": "c1",
            "content-type": "application/json",
            "content-length": "3",
        },
        "[1]",
    )
    packet = result(
        asked._replace(answers=BOX._replace(id="sub-0")), 6, Answered(b"\xff", Kind.BINARY), V1_2
    )
    assert packet.binary
    assert hear(packet)[0].headers["subscription"] == "sub-0"


def test_a_function_that_refuses_answers_too() -> None:
    (heard,) = hear(result(Asked("", False, BOX), 5, Failed(PERMISSION_DENIED, "not you"), V1_2))
    assert heard.headers["x-code"] == "103"
    assert heard.headers["message"] == "not you"
    assert heard.body == "not you"
