from __future__ import annotations

import pytest

from hubbub.dialects.contract import Failed
from hubbub.errors import (
    BAD_REQUEST,
    INTERNAL,
    PERMISSION_DENIED,
    BrokerUnavailable,
    Close,
    HookUnavailable,
    IdentityUnavailable,
    ProtocolViolation,
    Refused,
    Reject,
)
from hubbub.sessions.verdicts import verdict


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ProtocolViolation(BAD_REQUEST, "secret detail"), BAD_REQUEST),
        (Reject(4401, "token expired"), Close(4401, "token expired")),
        (Refused(PERMISSION_DENIED, "not you"), Failed(PERMISSION_DENIED, "not you")),
        (HookUnavailable("10.0.0.7 does not answer"), Failed(INTERNAL)),
        (IdentityUnavailable("the key server sleeps"), Failed(INTERNAL)),
        (ValueError("a mistake of ours"), None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_a_client_is_told(fault: Exception, told: Failed | Close | None) -> None:
    assert verdict(fault) == told


def test_who_meets_a_broker_that_is_away_may_come_again() -> None:
    told = verdict(BrokerUnavailable("Redis is away", 2))

    assert isinstance(told, Failed)
    assert told.error.temporary
    assert "try again in 2 s" in told.detail
