"""How a command ends badly: one sentence, one exit code."""

from __future__ import annotations

FAILED = 1
"""The other side is away, or said no."""
MISUSED = 2
"""The command was called wrongly."""


class CommandFailed(Exception):
    """End a command with a sentence for its user.

    Args:
        sentence: what happened, and what to do. code: the exit code.
    """

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
