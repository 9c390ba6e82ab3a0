"""What of a command lets somebody in, and how a command is shown to those who may not know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import structs

from hubbub.dialects.commands import Command, Connect, Vouch

HIDDEN: Final = "…"
"""Stands where a secret was."""
_INTRODUCTIONS = (Connect, Vouch)
"""Commands whose data may let somebody in as well: the application judges by it."""
_OURS = frozenset(("renderer", "beside", "rest"))
"""What the server made of a command, and its client did not say."""


def has_credentials(command: Command) -> bool:
    """Tell whether a command says what only its client and the server may know."""
    if getattr(command, "token", ""):
        return True
    return isinstance(command, _INTRODUCTIONS) and bool(command.data)


def without_credentials(command: Command) -> str:
    """Return what a command says, in one line, without what lets somebody in."""
    said: dict[str, object] = {}
    for name, value in structs.asdict(command).items():
        if not value or name in _OURS:
            continue
        if name == "token" or (name == "data" and has_credentials(command)):
            said[name] = HIDDEN
        elif isinstance(value, bytes):
            said[name] = value.decode(errors="replace")
        else:
            said[name] = list(value) if isinstance(value, Mapping) else value
    return f"{type(command).__name__.lower()} {msgspec.json.encode(said, enc_hook=repr).decode()}"
