"""Which tags sessions have: short words by which an application finds several of them together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, Refused
from hubbub.model import SessionId
from hubbub.names import is_legible

TAG_LIMIT = 64
"""Characters of a tag."""
TAGS_LIMIT = 32
"""Tags of one session."""

T = TypeVar("T")


def check_tags(tags: Collection[str]) -> None:
    """Return where sessions may have such tags. Raises Refused (106, 107)."""
    if len(tags) > TAGS_LIMIT:
        raise Refused(LIMIT_EXCEEDED, f"a session has {TAGS_LIMIT} tags at most")
    for tag in tags:
        if not 0 < len(tag) <= TAG_LIMIT or not is_legible(tag):
            raise Refused(BAD_REQUEST_ERROR, f"a tag has 1 to {TAG_LIMIT} printable characters")


class Tags(Generic[T]):
    """Know the tags of sessions, and the sessions of tags; who has none costs nothing."""

    __slots__ = ("_holders", "_tags")

    def __init__(self) -> None:
        self._tags: dict[SessionId, frozenset[str]] = {}
        self._holders: dict[str, dict[SessionId, T]] = {}

    def __len__(self) -> int:
        return len(self._tags)

    def of(self, session: SessionId) -> frozenset[str]:
        """Return the tags of a session."""
        return self._tags.get(session, frozenset())

    def holders(self, tag: str) -> Sequence[T]:
        """Return the sessions that have a tag."""
        return tuple(self._holders.get(tag, {}).values())

    def change(
        self, id: SessionId, session: T, add: Collection[str], remove: Collection[str] = ()
    ) -> None:
        """Give tags to a session, and take others away. Raises Refused (106) where it would have too many."""
        before = self.of(id)
        after = (before - frozenset(remove)) | frozenset(add)
        check_tags(after)
        for tag in before - after:
            self._drop(tag, id)
        for tag in after - before:
            self._holders.setdefault(tag, {})[id] = session
        if after:
            self._tags[id] = after
        else:
            self._tags.pop(id, None)

    def forget(self, session: SessionId) -> None:
        """Let a session go."""
        for tag in self._tags.pop(session, ()):
            self._drop(tag, session)

    def _drop(self, tag: str, session: SessionId) -> None:
        holders = self._holders[tag]
        del holders[session]
        if not holders:
            del self._holders[tag]
