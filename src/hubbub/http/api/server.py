"""What the methods work with."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.http.api.census import Census
from hubbub.http.api.oblivion import Oblivion
from hubbub.http.node import Node


@dataclass(frozen=True, slots=True)
class Server:
    """The server as methods see it: this node, and what is known and forgotten on all nodes together."""

    node: Node
    census: Census
    oblivion: Oblivion
