"""Pages of what is on all nodes: the parts that nodes give, in the order of names, as one; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct

PAGE_BYTES = 1024 * 1024
"""Bytes of names after which a node ends its part of a page."""

T = TypeVar("T")


class Part(Struct, Generic[T], frozen=True, array_like=True):
    """One node's part of a page: names in order, each with what is known there; and whether it goes on."""

    rows: list[tuple[str, T]]
    more: bool


def part_of(rows: Iterable[tuple[str, T]], limit: int) -> Part[T]:
    """Return a node's part of a page, of `limit` rows that come in order."""
    taken: list[tuple[str, T]] = []
    size = 0
    for name, row in rows:
        if len(taken) == limit or size > PAGE_BYTES:
            return Part(taken, more=True)
        taken.append((name, row))
        size += len(name.encode())
    return Part(taken, more=False)


def merged(
    parts: Iterable[Part[T]], limit: int, add: Callable[[T, T], T]
) -> tuple[dict[str, T], str]:
    """Return `limit` rows of all nodes, and where the next page begins ("" after the last one).

    What several nodes know of one name is added. What stands behind the end of a part that goes on is not
    counted yet: its node may have more of it.
    """
    parts = list(parts)
    ends = [part.rows[-1][0] for part in parts if part.more and part.rows]
    horizon = min(ends, default=None)
    found: dict[str, T] = {}
    for part in parts:
        for name, row in part.rows:
            if horizon is None or name <= horizon:
                found[name] = add(found[name], row) if name in found else row
    kept = sorted(found)[:limit]
    goes_on = horizon is not None or len(found) > limit
    return {name: found[name] for name in kept}, kept[-1] if goes_on and kept else ""
