"""Where a client is in the channel that it wants to recover, as the string that it keeps of the last event.

    <channel>@<offset>.<tag>

Clients of Socket.IO 4.6 and later keep the last argument of each event if that is a string, and show it when
they connect again after a cut. The epoch is left out, because the tag tells another life of the channel.
"""

from __future__ import annotations

import re

from hubbub.model import ChannelName, Position

CURSOR_LIMIT = 512
"""Characters of one at most."""
_CURSOR = re.compile(r"(.+)@([0-9]{1,18})\.([0-9]{1,10})", re.DOTALL)


def write(channel: ChannelName, offset: int, tag: int) -> str:
    """Return the cursor behind a publication."""
    return f"{channel}@{offset}.{tag}"


def read(word: object) -> tuple[ChannelName, Position] | None:
    """Return the channel, and where in it the client is; None for what is no cursor."""
    if not isinstance(word, str) or len(word) > CURSOR_LIMIT:
        return None
    match = _CURSOR.fullmatch(word)
    return (match[1], Position("", int(match[2]), int(match[3]))) if match else None
