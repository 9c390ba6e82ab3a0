from __future__ import annotations

import pytest

from hubbub.dialects.contract import Publish
from hubbub.dialects.stomp.transactions import COMMANDS_LIMIT, TRANSACTIONS_LIMIT, Transactions
from hubbub.errors import ProtocolViolation

ONE, TWO = Publish("a", b"1"), Publish("a", b"2")


def test_what_waits_comes_back_in_order() -> None:
    waiting = Transactions(1000)
    waiting.begin("t")
    waiting.begin("u")
    waiting.add("t", ONE, 1)
    waiting.add("u", TWO, 1)
    waiting.add("t", TWO, 1)
    assert waiting.end("t") == [ONE, TWO]
    assert waiting.end("u") == [TWO]
    waiting.begin("t")
    assert waiting.end("t") == []


def test_only_what_has_begun_goes_on() -> None:
    waiting = Transactions(1000)
    with pytest.raises(ProtocolViolation, match="no transaction"):
        waiting.add("t", ONE, 1)
    with pytest.raises(ProtocolViolation, match="no transaction"):
        waiting.end("t")
    waiting.begin("t")
    with pytest.raises(ProtocolViolation, match="already"):
        waiting.begin("t")


def test_bounds() -> None:
    waiting = Transactions(10)
    for n in range(TRANSACTIONS_LIMIT):
        waiting.begin(str(n))
    with pytest.raises(ProtocolViolation, match="more than"):
        waiting.begin("more")
    waiting.add("0", ONE, 8)
    with pytest.raises(ProtocolViolation, match="bytes"):
        waiting.add("1", ONE, 3)
    waiting.end("0")
    waiting.add("1", ONE, 3)
    for _ in range(COMMANDS_LIMIT - 1):
        waiting.add("2", ONE, 0)
    with pytest.raises(ProtocolViolation, match="frames"):
        waiting.add("3", ONE, 0)
