"""The scripts of `scripts/`, each with its name and the digest by which Redis knows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

_FOLDER = files(__package__) / "scripts"


@dataclass(frozen=True, slots=True)
class Script:
    """One Lua script, as it is loaded and as it is called."""

    name: str
    source: bytes
    digest: bytes


def _read(name: str) -> bytes:
    return (_FOLDER / f"{name}.lua").read_bytes()


def _script(name: str, shared: bytes = b"") -> Script:
    source = shared + _read(name)
    # Redis itself names scripts by SHA-1; nothing secret depends on it.
    return Script(name, source, hashlib.sha1(source, usedforsecurity=False).hexdigest().encode())


_CHANNEL = _read("clock") + _read("channel")
_OCCUPANCY = _read("clock") + _read("occupancy")
_LIVES = _read("clock") + _read("lives")

PUBLISH = _script("publish", _CHANNEL)
RECOVER = _script("recover", _CHANNEL)
HISTORY = _script("history", _CHANNEL)
TOPS = _script("tops", _CHANNEL)
SETTLE = _script("settle", _CHANNEL)
ENTER = _script("enter", _OCCUPANCY)
LEAVE = _script("leave", _OCCUPANCY)
MEMBERS = _script("members")
REAP = _script("reap", _OCCUPANCY)
VACATE = _script("vacate", _OCCUPANCY)
RECORD_PUT = _script("record_put", _LIVES)
RECORD_RAISE = _script("record_raise", _LIVES)
RECORD_REMOVE = _script("record_remove", _LIVES)
RECORD_RELEASE = _script("record_release", _LIVES)
RECORD_SWEEP = _script("record_sweep", _LIVES)

ALL = (
    *(PUBLISH, RECOVER, HISTORY, TOPS, SETTLE),
    *(ENTER, LEAVE, MEMBERS, REAP, VACATE),
    *(RECORD_PUT, RECORD_RAISE, RECORD_REMOVE, RECORD_RELEASE, RECORD_SWEEP),
)
