r"""The versions of STOMP, and in what they differ: what a header may hold, and how that is written.

1.0 has no escapes and trims what it reads. 1.1 escapes `\n`, `\c` (a colon) and `\\`, and 1.2 `\r` too.
CONNECT and CONNECTED are never escaped (1.2, "Value Encoding").
"""

from __future__ import annotations

import re
from enum import IntEnum

from hubbub.errors import BAD_REQUEST, ProtocolViolation


class Version(IntEnum):
    """A version, by its second number."""

    V1_0 = 0
    V1_1 = 1
    V1_2 = 2

    @property
    def word(self) -> str:
        """Return how it is written."""
        return f"1.{self.value}"


ALL = ",".join(version.word for version in Version)
"""All versions, as an ERROR lists them for a client that knows none of them."""

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_MEANING: dict[Version, dict[str, str]] = {
    Version.V1_1: {"n": "\n", "c": ":", "\\": "\\"},
    Version.V1_2: {"n": "\n", "c": ":", "\\": "\\", "r": "\r"},
}
# No version can write a NUL so that all clients read it, and before 1.2 there is no word for a CR.
_WRITTEN = {
    Version.V1_0: str.maketrans({"\n": " ", "\r": " ", "\0": None}),
    Version.V1_1: str.maketrans(
        {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": " ", "\0": None},
    ),
    Version.V1_2: str.maketrans(
        {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r", "\0": None},
    ),
}


def choose(accepted: str | None) -> Version | None:
    """Return the highest common version; None where there is none.

    Args:
        accepted: the header `accept-version`, which a client of 1.0 does not send.
    """
    if accepted is None:
        return Version.V1_0
    words = {word.strip() for word in accepted.split(",")}
    return next((version for version in reversed(Version) if version.word in words), None)


def unescaped(text: str, version: Version) -> str:
    """Return what a written name or value means. Raises ProtocolViolation (3501) for an unknown escape."""
    if version is Version.V1_0:
        return text.strip(" \t")
    if "\\" not in text:
        return text
    meaning = _MEANING[version]

    def read(match: re.Match[str]) -> str:
        found = meaning.get(match[1])
        if found is None:
            raise ProtocolViolation(BAD_REQUEST, f"STOMP {version.word} has no escape {match[0]!r}")
        return found

    return _ESCAPE.sub(read, text)


def escaped(text: str, version: Version) -> str:
    """Return how a name or value is written; what the version has no word for becomes a space, or nothing."""
    return text.translate(_WRITTEN[version])


def writable(name: str, version: Version) -> bool:
    """Tell whether a header of this name can be written at all."""
    return bool(name) and (version is not Version.V1_0 or not {":", "\n"} & {*name})
