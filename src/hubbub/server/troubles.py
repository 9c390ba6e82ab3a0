"""Which workers die again and again: the supervisor notes it, and tells those who serve on."""

from __future__ import annotations

import msgspec

from hubbub.http.pulse import Down

LOOP = 2
"""Deaths in a row from which on a worker is said to die again and again."""

_encode = msgspec.json.Encoder().encode
_DOWNS = msgspec.json.Decoder(tuple[Down, ...])


class Troubles:
    """Know the workers of a crew that die again and again.

    Args:
        host: the machine's name, for those who see several.
    """

    __slots__ = ("_down", "_host")

    def __init__(self, host: str) -> None:
        self._host = host
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

    def __bool__(self) -> bool:
        return bool(self._down)

    def encode(self) -> bytes:
        """Return what is said to a worker: one line."""
        return _encode(tuple(self._down[worker] for worker in sorted(self._down))) + b"\n"


class Ear:
    """Hear a worker's supervisor: lines that come in pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def hear(self, piece: bytes) -> tuple[Down, ...] | None:
        """Return what was said last, or None while it is not complete."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return _DOWNS.decode(lines[-1]) if lines else None
