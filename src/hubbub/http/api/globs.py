"""Patterns of channel names: `*` is any text, everything else itself."""

from __future__ import annotations

from collections.abc import Callable


def glob(pattern: str) -> Callable[[str], bool]:
    """Return the test for a pattern. It never backtracks, so that no pattern is slow."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern.__eq__
    *middle, last = rest

    def fits(name: str) -> bool:
        end = len(name) - len(last)
        if end < len(first) or not (name.startswith(first) and name.endswith(last)):
            return False
        place = len(first)
        for piece in middle:
            place = name.find(piece, place, end)
            if place < 0:
                return False
            place += len(piece)
        return True

    return fits
