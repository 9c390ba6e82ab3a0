"""What the names of users, channels, groups and so on are made of."""

from __future__ import annotations

import re

_SEEN = re.compile(
    # A joiner or non-joiner between two characters that it can join or part,
    "(?<=[^\x00-\x7f\u200c\u200d])[\u200c\u200d](?=[^\x00-\x7f\u200c\u200d])"
    # and pictures, of which each year brings some that this Python has not heard of.
    "|[\U0001f300-\U0001faff]"
)


def is_legible(name: str) -> bool:
    """Tell whether all of a name can be seen.

    Persian, the languages of India and most pictures of people are written with joiners, which are no
    printable characters. They count where they change how their neighbours look; elsewhere two names with and
    without them would look the same.
    """
    return name.isprintable() or _SEEN.sub("", name).isprintable()
