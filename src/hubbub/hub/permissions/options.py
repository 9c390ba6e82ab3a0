"""What one subscription may have of its own, whoever grants it: a token, a hook or the API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Override:
    """Options of a channel that hold for one subscription instead of its namespace's (None: as there)."""

    presence: bool | None = None
    join_leave: bool | None = None
    force_push_join_leave: bool | None = None
    force_recovery: bool | None = None
    force_positioning: bool | None = None
