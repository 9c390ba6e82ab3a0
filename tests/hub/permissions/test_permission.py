from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubbub.hub.permissions.permission import Operation, Permission, matches

SUBSCRIBE = frozenset({Operation.SUBSCRIBE})
NAMES = some.text("ab:*", max_size=12)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("news:*", "news:today", True),
        ("news:*", "news:", True),
        ("news:*", "news", False),
        ("news:*", "news:a:b", True),
        ("*", "", True),
        ("*:today", "news:today", True),
        ("*:today", "news:today2", False),
        ("a*b*c", "abc", True),
        ("a*b*c", "ac", False),
        ("a*a", "a", False),
        ("aa*aa", "aaa", False),
        ("a**a", "aa", True),
        ("news", "news", True),
        ("news", "new", False),
        ("NEWS:*", "news:today", False),
        ("n?ws.", "news.", False),
        ("新闻:*", "新闻:今天", True),
    ],
)
def test_a_star_is_any_run_of_characters(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


@given(NAMES, NAMES)
def test_matching_agrees_with_a_regular_expression(pattern: str, name: str) -> None:
    oracle = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(pattern, name) is bool(re.fullmatch(oracle, name, re.DOTALL))


@given(NAMES, NAMES, some.lists(some.text("ab:", max_size=4), min_size=12, max_size=12))
def test_a_covered_pattern_has_no_channel_that_is_not(
    granted: str, asked: str, runs: list[str]
) -> None:
    pieces = asked.split("*")
    channel = pieces[0] + "".join(run + piece for run, piece in zip(runs, pieces[1:], strict=False))
    if matches(granted, asked):
        assert matches(granted, channel)


def test_a_pattern_made_to_hurt_takes_no_time() -> None:
    begun = time.process_time()
    assert not matches("a*" * 4000 + "b", "a" * 3000)
    assert not matches("*ab" * 1300, "a" * 255)
    assert time.process_time() - begun < 0.5


def test_only_the_operations_named_are_allowed() -> None:
    permission = Permission(("a", "b"), frozenset({Operation.SUBSCRIBE, Operation.HISTORY}))
    assert [operation for operation in Operation if permission.covers("b", operation)] == [
        Operation.SUBSCRIBE,
        Operation.HISTORY,
    ]


def test_a_star_is_a_star_unless_wildcards_were_meant() -> None:
    exact = Permission(("news:*",), SUBSCRIBE)
    assert exact.covers("news:*", Operation.SUBSCRIBE)
    assert not exact.covers("news:today", Operation.SUBSCRIBE)
    wild = Permission(("chat:*", "news:*"), SUBSCRIBE, wildcard=True)
    assert wild.covers("news:today", Operation.SUBSCRIBE)
    assert not wild.covers("sports:today", Operation.SUBSCRIBE)


def test_a_pattern_to_subscribe_to_must_be_covered_whole() -> None:
    wild = Permission(("news:*",), SUBSCRIBE, wildcard=True)
    assert wild.covers("news:*", Operation.SUBSCRIBE)
    assert wild.covers("news:sports:*", Operation.SUBSCRIBE)
    assert not wild.covers("*", Operation.SUBSCRIBE)
    assert not wild.covers("new*", Operation.SUBSCRIBE)
