from __future__ import annotations

import pytest

from hubbub import errors
from hubbub.errors import (
    BrokerUnavailable,
    Close,
    ConfigurationError,
    ErrorCode,
    HubbubError,
    ProtocolViolation,
    Refused,
)

CLOSES = [value for value in vars(errors).values() if isinstance(value, Close)]
CODES = [value for value in vars(errors).values() if isinstance(value, ErrorCode)]


@pytest.mark.parametrize(
    ("code", "comes_back"),
    [
        (1000, True),
        (3000, True),
        (3499, True),
        (3500, False),
        (3999, False),
        (4000, True),
        (4499, True),
        (4500, False),
        (4999, False),
    ],
)
def test_a_close_code_tells_whether_to_come_back(code: int, comes_back: bool) -> None:
    assert Close(code, "").reconnect is comes_back


@pytest.mark.parametrize("close", CLOSES, ids=lambda close: str(close.code))
def test_a_close_fits_its_frame(close: Close) -> None:
    """RFC 6455 section 5.5: a control frame has 125 bytes at most, two of which are the code."""
    assert len(close.reason.encode()) <= 123
    assert 1000 <= close.code <= 4999


def test_no_number_means_two_things() -> None:
    assert len({close.code for close in CLOSES}) == len(CLOSES)
    assert len({code.code for code in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ProtocolViolation(errors.TOO_BIG, "9 bytes"), "message too big (1009): 9 bytes"),
        (ProtocolViolation(errors.TOO_BIG), "message too big (1009): no detail"),
        (Refused(errors.PERMISSION_DENIED), "permission denied"),
        (Refused(errors.PERMISSION_DENIED, "only users may"), "only users may"),
        (
            BrokerUnavailable("no answer", 2.5),
            "the broker is not available: no answer; try again in 2.5 s",
        ),
        (
            ConfigurationError(["port: is wrong", "host: is wrong"]),
            "port: is wrong\nhost: is wrong",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_what_happened(error: HubbubError, sentence: str) -> None:
    assert str(error) == sentence
