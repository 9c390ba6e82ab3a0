"""What was revoked: pure values, and the list that is asked when somebody shows a token."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec

from hubbub.errors import HubbubError
from hubbub.model import SessionId, UserId

NAME_LIMIT = 256
"""Characters of the name of what is revoked."""


class Scope(StrEnum):
    """What a revocation names."""

    USER = "user"
    """Everything that the user was given until then: its tokens, its sessions."""
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """The token with this id (`jti`), and the sessions that began with it."""
    SESSION = "session"
    """One session."""
    LOGIN = "login"
    """One login to the admin page."""
    LOGINS = "logins"
    """All logins to the admin page, until then, by the key with this name."""


class Revocation(
    msgspec.Struct, frozen=True, array_like=True, tag="v1", forbid_unknown_fields=True
):
    """Say that something counts no longer.

    `at_s` is when, in unix seconds: tokens of a user that were issued in that second, or before, are void.
    `until_s` is when the revocation itself may be forgotten, because nothing that it names can be valid then.
    """

    scope: Scope
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LIMIT)]
    at_s: Annotated[int, msgspec.Meta(ge=0)]
    until_s: Annotated[int, msgspec.Meta(ge=0)]

    @property
    def key(self) -> str:
        """Return what is the same when the same is revoked twice in a second."""
        return f"{self.scope}:{self.at_s}:{self.name}"

    def hits(self, user: UserId, token_id: str, issued_at: int, session: SessionId) -> bool:
        """Tell whether a token, and the session it is shown in, are revoked by this.

        `issued_at` is in unix seconds; 0, where nobody knows, is before everything.
        """
        if self.scope is Scope.USER:
            return user == self.name and issued_at <= self.at_s
        if self.scope is Scope.TOKEN:
            return token_id == self.name
        return self.scope is Scope.SESSION and session == self.name


class UnreadableRevocation(HubbubError):
    """Report a payload that no Hubbub node of this version wrote."""


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Revocation).decode


def decode(payload: bytes) -> Revocation:
    """Return the revocation in a payload. Raises UnreadableRevocation."""
    try:
        return _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableRevocation(str(fault)) from fault


class RevokedList:
    """Hold the revocations that count; the last word about a name is what counts."""

    __slots__ = ("_by_name", "_order")

    def __init__(self) -> None:
        self._by_name: dict[tuple[Scope, str], Revocation] = {}
        self._order: deque[Revocation] = deque()

    def __len__(self) -> int:
        """Return how many may count, repeated ones included: as many the log has to keep."""
        return len(self._order)

    def __iter__(self) -> Iterator[Revocation]:
        return iter(self._by_name.values())

    def add(self, revocation: Revocation, now_s: int) -> bool:
        """Take a revocation; tell whether it is news: not over, and not covered by what is known."""
        if revocation.until_s <= now_s:
            return False
        about = (revocation.scope, revocation.name)
        known = self._by_name.get(about)
        if known is not None:
            if revocation == known:
                return False
            revocation = Revocation(
                *about, max(known.at_s, revocation.at_s), max(known.until_s, revocation.until_s)
            )
            if revocation == known:
                return False
        self._by_name[about] = revocation
        self._order.append(revocation)
        return True

    def check(self, user: UserId, token_id: str, issued_at: int, session: SessionId) -> bool:
        """Tell whether a token, all older tokens of its user, or its session were revoked."""
        known = self._by_name
        if not known:
            return False
        found = (
            known.get((Scope.USER, user)),
            known.get((Scope.TOKEN, token_id)),
            known.get((Scope.SESSION, session)),
        )
        return any(each and each.hits(user, token_id, issued_at, session) for each in found)

    def check_login(self, key: str, login: str, since: int) -> bool:
        """Tell whether a login, or all older ones by its key, were ended; `since` is in unix seconds."""
        return (Scope.LOGIN, login) in self._by_name or since < self.logins_from(key)

    def logins_from(self, key: str) -> int:
        """Return the unix second from which on logins by a key count."""
        all_ended = self._by_name.get((Scope.LOGINS, key))
        return all_ended.at_s + 1 if all_ended is not None else 0

    def expire(self, now_s: int) -> None:
        """Forget what is over."""
        order = self._order
        for _ in range(len(order)):
            revocation = order.popleft()
            about = (revocation.scope, revocation.name)
            if revocation.until_s > now_s:
                order.append(revocation)
            elif self._by_name.get(about) is revocation:
                del self._by_name[about]
