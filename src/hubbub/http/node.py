"""What the HTTP side sees of the node it speaks for."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Protocol

from hubbub.http.settings import HttpSettings
from hubbub.hub.hub import Hub


class Doors(Protocol):
    """Tell whether the node still lets clients in."""

    closing: bool


class Sessions(Sized, Protocol):
    """Count sessions: `len` now, `total` since the start."""

    total: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node, with all that the HTTP side asks of it."""

    name: str
    hub: Hub
    sessions: Sessions
    doors: Doors
    settings: HttpSettings
