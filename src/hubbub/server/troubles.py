"""What a supervisor tells those who serve: which workers die again and again, and which nodes are dead."""

from __future__ import annotations

import msgspec

from hubbub.http.pulse import Down

LOOP = 2
"""Deaths in a row from which on a worker is said to die again and again."""


class News(msgspec.Struct, frozen=True):
    """What is said: the workers in trouble, all of them, and the nodes that have died since the last word."""

    down: tuple[Down, ...] = ()
    dead: tuple[str, ...] = ()


_encode = msgspec.json.Encoder().encode
_NEWS = msgspec.json.Decoder(News)


class Troubles:
    """Know the workers of a crew that die again and again, and the dead of whom nobody was told.

    Args:
        host: the machine's name, for those who see several.
    """

    __slots__ = ("_dead", "_down", "_host")

    def __init__(self, host: str) -> None:
        self._host = host
        self._dead: list[str] = []
        self._down: dict[int, Down] = {}

    def died(self, worker: int, deaths: int, how: str) -> bool:
        """Note a death, of so many in a row; tell whether that is news for the others."""
        if deaths < LOOP:
            return self.well(worker)
        self._down[worker] = Down(self._host, worker, deaths, how)
        return True

    def well(self, worker: int) -> bool:
        """Note that a worker lives; tell whether that is news."""
        return self._down.pop(worker, None) is not None

    def mourn(self, node: str) -> None:
        """Note that a node is dead, until somebody was told."""
        self._dead.append(node)

    def told(self) -> None:
        """Note that somebody was told who is dead."""
        self._dead.clear()

    def __bool__(self) -> bool:
        return bool(self._down or self._dead)

    def encode(self) -> bytes:
        """Return what is said to a worker: one line."""
        down = tuple(self._down[worker] for worker in sorted(self._down))
        return _encode(News(down, tuple(self._dead))) + b"\n"


class Ear:
    """Hear a worker's supervisor: lines that come in pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def hear(self, piece: bytes) -> list[News]:
        """Return what was said, as far as it is complete."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [_NEWS.decode(line) for line in lines]
