"""The rule of recovery as a table."""

from __future__ import annotations

import pytest

from hubbub.brokers.contract import Entry, Outcome
from hubbub.brokers.recovery import recover
from hubbub.model import Position

LOG = [
    Entry("e", offset, offset * 10, (offset - 1) * 10, 0, b"%d" % offset) for offset in range(1, 8)
]
TOP = LOG[-1].position


@pytest.mark.parametrize(
    ("since", "limit", "kept_from", "outcome"),
    [
        (Position("e", 0), 7, 1, Outcome.OK),
        (Position("e", 0), 6, 1, Outcome.TOO_MANY),
        (Position("e", 0), 7, 2, Outcome.GAP),
        (Position("e", 3, 30), 7, 1, Outcome.OK),
        (Position("e", 3, 30), 7, 4, Outcome.OK),
        (Position("e", 3, 31), 7, 3, Outcome.FORK),
        (Position("e", 3, 31), 7, 4, Outcome.FORK),
        (Position("e", 3, 31), 7, 5, Outcome.GAP),
        (Position("e", 3, 0), 7, 4, Outcome.OK),
        (Position("e", 3, 30), 3, 4, Outcome.TOO_MANY),
        (Position("e", 6, 60), 1, 8, Outcome.GAP),
        (Position("e", 7, 70), 0, 8, Outcome.OK),
        (Position("e", 7, 71), 0, 8, Outcome.FORK),
        (Position("e", 7), 0, 8, Outcome.OK),
        (Position("e", 8, 80), 9, 1, Outcome.AHEAD),
        (Position("f", 7, 70), 9, 1, Outcome.EPOCH),
        (Position("f", 9), 9, 1, Outcome.EPOCH),
        (Position("", 0), 9, 1, Outcome.EPOCH),
    ],
)
def test_the_outcome(since: Position, limit: int, kept_from: int, outcome: Outcome) -> None:
    """Each way in which a position can stand to a log of seven entries has its own outcome."""
    kept = [entry for entry in LOG if entry.offset >= max(kept_from, since.offset)]
    found = recover(since, TOP, limit, kept)

    assert outcome is found.outcome
    assert found.top == TOP
    expected = LOG[since.offset :] if outcome is Outcome.OK else []
    assert expected == list(found.entries)


def test_a_hole_in_the_middle_is_a_gap() -> None:
    """Completeness is proved, not assumed: a missing entry anywhere is told."""
    assert Outcome.GAP is recover(Position("e", 2), TOP, 9, [*LOG[1:4], *LOG[5:]]).outcome
