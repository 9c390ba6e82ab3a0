from __future__ import annotations

import pytest

from hubbub.dialects.contract import Connect
from hubbub.errors import ProtocolViolation
from hubbub.sessions.auth import identify
from hubbub.sessions.users import USER_LIMIT


@pytest.mark.parametrize(
    ("claimed", "trusting", "user"),
    [("ann", True, "ann"), ("ann", False, ""), ("", True, ""), ("王", True, "王")],
)
def test_claims_are_believed_by_open_servers_only(claimed: str, trusting: bool, user: str) -> None:
    assert identify(Connect(user=claimed), trusting=trusting) == user


@pytest.mark.parametrize(
    "connect",
    [Connect(user="a\nb"), Connect(user="x" * (USER_LIMIT + 1)), Connect(token="eyJ", user="ann")],
)
def test_senseless_introductions_end_the_connection(connect: Connect) -> None:
    with pytest.raises(ProtocolViolation) as violation:
        identify(connect, trusting=True)
    assert violation.value.close.code == 3500
    assert "eyJ" not in str(violation.value)
