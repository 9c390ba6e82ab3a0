from __future__ import annotations

import pytest

from hubbub import errors
from hubbub.errors import (
    BrokerUnavailable,
    Close,
    ConfigurationError,
    ErrorCode,
    ExpiredToken,
    HookUnavailable,
    HubbubError,
    IdentityUnavailable,
    InvalidToken,
    ProtocolViolation,
    Refused,
    Reject,
    redacted,
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
    # 1006 says that a connection broke off, and is never sent.
    sent = [close for close in CLOSES if close.code != 1006]
    assert len({close.code for close in sent}) == len(sent)
    assert len({code.code for code in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ProtocolViolation(errors.TOO_BIG, "9 bytes"), "message too big (1009): 9 bytes"),
        (ProtocolViolation(errors.TOO_BIG), "message too big (1009): no detail"),
        (Refused(errors.PERMISSION_DENIED), "permission denied"),
        (Refused(errors.PERMISSION_DENIED, "only users may"), "only users may"),
        (InvalidToken("it is no JWT"), "the token is not valid: it is no JWT"),
        (ExpiredToken(), "the token has expired"),
        (
            IdentityUnavailable("the key server does not answer", 5),
            "nobody can tell who this is: the key server does not answer; try again in 5 s",
        ),
        (
            BrokerUnavailable("no answer", 2.5),
            "the broker is not available: no answer; try again in 2.5 s",
        ),
        (HookUnavailable("timed out"), "the application did not answer: timed out"),
        (Reject(4401, "token expired"), "token expired (4401)"),
        (Reject(3500), "no reason (3500)"),
        (
            ConfigurationError(["port: is wrong", "host: is wrong"]),
            "port: is wrong\nhost: is wrong",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_what_happened(error: HubbubError, sentence: str) -> None:
    assert str(error) == sentence


def test_the_application_ends_a_connection_with_a_code_of_its_own() -> None:
    assert Reject(4999, "é" * 61).close == Close(4999, "é" * 61)


@pytest.mark.parametrize(
    ("code", "reason"), [(2999, ""), (5000, ""), (1000, ""), (4000, "é" * 62)], ids=str
)
def test_what_no_close_frame_can_say_is_a_mistake(code: int, reason: str) -> None:
    with pytest.raises(ValueError, match=r"close"):
        Reject(code, reason)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@h/0", "redis://:***@h/0"),
        ("redis://u:p:w/@h:1/0", "redis://u:***@h:1/0"),
        ("rediss://h/0?password=pw&x=1", "rediss://h/0?password=***&x=1"),
        ("unix:///tmp/x.sock?password=pw", "unix:///tmp/x.sock?password=***"),
        ("sqlite:///a@b:c.db", "sqlite:///a@b:c.db"),
        ("redis://h:6379/0", "redis://h:6379/0"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown
