"""How a command ends badly: one sentence, one exit code."""

from __future__ import annotations

import os
import socket

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


def why(fault: BaseException) -> str:
    """Return what the system says about a connection that could not be made, in plain words."""
    reason = getattr(fault, "reason", fault)
    number = getattr(reason, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number).lower()
    if isinstance(reason, socket.gaierror):
        return "the host's name is not known"
    return str(reason) or type(reason).__name__
