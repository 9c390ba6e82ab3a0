from __future__ import annotations

import pytest

from hubbub.dialects.commands import (
    Command,
    Connect,
    Publish,
    Refresh,
    SubRefresh,
    Subscribe,
    Unsupported,
    Vouch,
)
from hubbub.dialects.credentials import has_credentials, without_credentials
from hubbub.errors import NOT_AVAILABLE
from hubbub.model import Position

SECRET = "opaque"


@pytest.mark.parametrize(
    "command",
    [
        Connect(token=SECRET),
        Connect(data=SECRET.encode()),
        Vouch(data=SECRET.encode()),
        Vouch(token=SECRET),
        Refresh(token=SECRET),
        Subscribe("a", token=SECRET, data=SECRET.encode()),
        SubRefresh("a", token=SECRET),
    ],
)
def test_what_lets_somebody_in_is_left_out(command: Command) -> None:
    assert has_credentials(command)
    assert SECRET not in without_credentials(command)
    assert "…" in without_credentials(command)


@pytest.mark.parametrize("command", [Connect(user="ann"), Publish("a", b"1"), Subscribe("a")])
def test_what_lets_nobody_in(command: Command) -> None:
    assert not has_credentials(command)


def test_the_rest_is_said() -> None:
    said = without_credentials(Publish("a", b"hi \xff", id=7, tags={"b": "c"}))
    assert said == 'publish {"channel":"a","data":"hi \ufffd","id":7,"tags":["b"]}'
    subs = {"a": Position("e", 1), "b": None}
    assert without_credentials(Connect(subs=subs)) == 'connect {"subs":["a","b"]}'
    assert "NOT_AVAILABLE" not in without_credentials(Unsupported(3, NOT_AVAILABLE))
