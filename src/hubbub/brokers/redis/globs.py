"""Patterns as Redis takes them, and which of several that match is the one that brings a message. Pure.

Redis sends a message once for its name and once more for each pattern that matches. The order in which it
confirms and sends tells exactly what stood when it sent: so one of the copies can be chosen, and the others
left out, without looking into them.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(rb"[*?\[\]\\]")


def glob_of(prefix: bytes) -> bytes:
    """Return the pattern of all names that begin with `prefix`, whatever characters it has."""
    return _SPECIAL.sub(rb"\\\g<0>", prefix) + b"*"


class Standing:
    """Remember which patterns stand confirmed, each as `glob_of` made it.

    Two prefixes of one name are prefixes of each other. So whether a shorter one brings the same message does
    not depend on the message.
    """

    __slots__ = ("_globs", "_leads")

    def __init__(self) -> None:
        self._globs: set[bytes] = set()
        self._leads: dict[bytes, bool] = {}

    def note(self, glob: bytes, stands: bool) -> None:
        """Learn that a pattern stands from now on, or does not."""
        if stands:
            self._globs.add(glob)
        else:
            self._globs.discard(glob)
        self._leads.clear()

    def leads(self, glob: bytes) -> bool:
        """Tell whether what a pattern brings is to be taken: no shorter one that stands brings the same."""
        known = self._leads.get(glob)
        if known is None:
            known = glob in self._globs and not any(
                glob.startswith(other[:-1]) for other in self._globs if other != glob
            )
            self._leads[glob] = known
        return known

    def clear(self) -> None:
        """Forget everything: the connection is gone."""
        self._globs.clear()
        self._leads.clear()
