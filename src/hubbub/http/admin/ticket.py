"""What a browser keeps of a login: who it is and until when, signed with the key that was shown; pure.

Every node that knows the key can check it, nothing is kept of it, and it is void once the key is another.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

_FORM = re.compile(r"v1\.([0-9a-f]{0,512})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)
_PURPOSE = b"hubbub admin session "


@dataclass(frozen=True, slots=True)
class Ticket:
    """A login.

    Args:
        name: that of the key. until: unix seconds when it ends. mark: what only who knows the key can make.
    """

    name: str
    until: int
    mark: str

    def holds(self, digest: bytes, now: float) -> bool:
        """Tell whether the key with this digest made it, and it has not ended at `now` (unix seconds)."""
        made = hmac.compare_digest(self.mark, _mark(digest, self.name, self.until))
        return made and now < self.until


def issue(name: str, digest: bytes, until: int) -> str:
    """Return a ticket as a cookie has it. Arguments are as in `Ticket`."""
    return f"v1.{name.encode().hex()}.{until}.{_mark(digest, name, until)}"


def read(text: str) -> Ticket | None:
    """Return what a cookie says, to be believed only if it `holds`; None where it says nothing."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        name = bytes.fromhex(found[1]).decode()
    except ValueError:
        return None
    return Ticket(name, int(found[2]), found[3])


def _mark(digest: bytes, name: str, until: int) -> str:
    said = _PURPOSE + f"{until} {name}".encode()
    return hmac.new(digest, said, sha256).hexdigest()
