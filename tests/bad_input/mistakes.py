"""What a row of the table is: a mistake, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP answer; its body contains `says`."""

    status: int
    says: str = ""

    def __str__(self) -> str:
        return f"HTTP {self.status}" + (f": `{self.says}`" if self.says else "")


@dataclass(frozen=True, slots=True)
class Closed:
    """A CLOSE frame; its reason contains `says`, and the message before it `before`."""

    code: int
    says: str = ""
    before: str = ""

    def __str__(self) -> str:
        close = f"close {self.code}" + (f": `{self.says}`" if self.says else "")
        return f"`{self.before}`, then {close}" if self.before else close


@dataclass(frozen=True, slots=True)
class Told:
    """A message that contains `says`; the connection goes on."""

    says: str

    def __str__(self) -> str:
        return f"`{self.says}`, and the connection goes on"


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a stream says last contains `says`; it begins with HTTP 200."""

    says: str

    def __str__(self) -> str:
        return f"the stream says `{self.says}` and ends"


@dataclass(frozen=True, slots=True)
class Case:
    """One mistake: what a client sends, in order, and the answer that comes in the end.

    Args:
        before: requests that are answered before, one after the other. `SID` in what follows stands for the
            session that an answer names.
    """

    wrong: str
    send: Sequence[bytes]
    answer: Http | Closed | Told | Streamed
    before: Sequence[bytes] = ()
