from __future__ import annotations

from hubbub.dialects.text import PLAIN
from hubbub.hub.encodings import Encodings
from hubbub.sessions.hooks import SubscribeGrant
from hubbub.sessions.subscription import Subscription, ordinary
from tests.fakes.carrier import lines

ENCODING = Encodings().of(PLAIN, lines, False)


def test_the_ordinary_ones_are_one_object() -> None:
    assert ordinary(ENCODING) is ordinary(ENCODING)
    assert ordinary(ENCODING) == Subscription(ENCODING)


def test_another_end() -> None:
    had = Subscription(ENCODING, SubscribeGrant(5, b"info", b"data"), by_token=True)

    assert had.until(9, b"") == Subscription(
        ENCODING, SubscribeGrant(9, b"info", b"data"), by_token=True
    )
    assert had.until(0, b"newer").grant == SubscribeGrant(0, b"newer", b"data")
