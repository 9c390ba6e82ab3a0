"""What a browser keeps of a login: who it is and until when, signed with the key that was shown; pure.

Every node that knows the key can check it, and nothing is kept of it until somebody ends it before its time.
It is void once the key is another.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

_FORM = re.compile(
    r"v2\.(?P<name>[0-9a-f]{0,512})\.(?P<since>[0-9]{1,12})\.(?P<until>[0-9]{1,12})"
    r"\.(?P<id>[0-9a-f]{24})\.(?P<mark>[0-9a-f]{64})",
    re.ASCII,
)
_PURPOSE = b"hubbub admin session v2 "


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who was let in.

    Args:
        name: that of the key. since, until: unix seconds when it began, and when it ends by itself.
        id: what it is called when it is to end before.
    """

    name: str
    since: int
    until: int
    id: str

    @classmethod
    def new(cls, name: str, since: int, lasts_s: int) -> Login:
        """Begin one; arguments are as in `Login`, `lasts_s` in seconds."""
        return cls(name, since, since + lasts_s, secrets.token_hex(12))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A login as a browser shows it: `mark` is what only who knows the key can make."""

    login: Login
    mark: str

    def holds(self, digest: bytes, now: float) -> bool:
        """Tell whether the key with this digest made it, and it has not ended at `now` (unix seconds)."""
        made = hmac.compare_digest(self.mark, _mark(digest, self.login))
        return made and now < self.login.until


def issue(login: Login, digest: bytes) -> str:
    """Return a login as a cookie has it, signed with the key that has this digest."""
    name = login.name.encode().hex()
    return f"v2.{name}.{login.since}.{login.until}.{login.id}.{_mark(digest, login)}"


def read(text: str) -> Ticket | None:
    """Return what a cookie says, to be believed only if it `holds`; None where it says nothing."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        name = bytes.fromhex(found["name"]).decode()
    except ValueError:
        return None
    return Ticket(Login(name, int(found["since"]), int(found["until"]), found["id"]), found["mark"])


def _mark(digest: bytes, login: Login) -> str:
    said = _PURPOSE + f"{login.since} {login.until} {login.id} {login.name}".encode()
    return hmac.new(digest, said, sha256).hexdigest()
