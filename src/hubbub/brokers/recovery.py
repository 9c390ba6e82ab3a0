"""The rule of recovery, for engines that read their log in Python: what a position can still be given."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.brokers.contract import Entry, Outcome, Recovery
from hubbub.model import Position


def needs_entries(since: Position, top: Position, limit: int) -> Outcome | None:
    """Judge a position by the top alone; None says that the entries from `since.offset` on must be seen."""
    if since.epoch != top.epoch:
        return Outcome.EPOCH
    if since.offset > top.offset:
        return Outcome.AHEAD
    if since.offset == top.offset:
        return Outcome.FORK if since.tag not in (0, top.tag) else Outcome.OK
    if top.offset - since.offset > limit:
        return Outcome.TOO_MANY
    return None


def recover(since: Position, top: Position, limit: int, kept: Sequence[Entry]) -> Recovery:
    """Give everything after `since`, or the reason why not.

    `kept` is what is left of the entries from `since.offset` (inclusive) up to the top, in order. That
    the entry at the position itself is included where it is still there, lets a fork be seen below the
    top; where it is trimmed, the predecessor that its successor names tells the same.
    """
    outcome = needs_entries(since, top, limit)
    if outcome is not None:
        return Recovery(outcome, (), top)
    if kept and kept[0].offset == since.offset:
        found, missed = kept[0].tag, kept[1:]
    else:
        found, missed = (kept[0].previous if kept else 0), kept
    # Offsets have no holes in a log, so the right first entry and the right number prove completeness.
    if len(missed) != top.offset - since.offset or missed[0].offset != since.offset + 1:
        return Recovery(Outcome.GAP, (), top)
    if since.tag not in (0, found):
        return Recovery(Outcome.FORK, (), top)
    return Recovery(Outcome.OK, missed, top)
