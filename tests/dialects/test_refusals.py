from __future__ import annotations

from hubbub.dialects.contract import Failed
from hubbub.dialects.refusals import close_of
from hubbub.errors import INTERNAL, PERMISSION_DENIED, Close


def test_a_refusal_says_whether_trying_again_can_help() -> None:
    assert close_of(Failed(PERMISSION_DENIED)) == Close(1008, "permission denied")
    assert close_of(Failed(INTERNAL, "away")) == Close(1013, "away")


def test_a_reason_fits_into_its_frame() -> None:
    close = close_of(Failed(INTERNAL, "é" * 100))
    assert close.reason == "é" * 61
