"""Secrets that name a session: who knows one may speak for it, so that its public id must not do."""

from __future__ import annotations

import hmac
import secrets
from hashlib import blake2b

from hubbub.model import SessionId

_KEY_SIZE = 32
_MARK_SIZE = 16
_BORDER = "."
"""Stands between a session's id and the mark, which has none and which only this process can make."""


class Seal:
    """Make and check such secrets. They are good for one process, and nothing is kept of them."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_KEY_SIZE)

    def secret(self, session: SessionId) -> str:
        """Return the secret of a session."""
        return f"{session}{_BORDER}{self._mark(session)}"

    def session(self, secret: str) -> SessionId | None:
        """Return whose secret this is, None where it was not made here. All guesses take the same time."""
        session, _, mark = secret.rpartition(_BORDER)
        return session if hmac.compare_digest(mark.encode(), self._mark(session).encode()) else None

    def _mark(self, session: SessionId) -> str:
        return blake2b(session.encode(), digest_size=_MARK_SIZE, key=self._key).hexdigest()
