"""What the server publishes for an operation of a client, beside messages: words that all dialects share.

Such a publication is `made`, and its tag `kind` says what it is. Two families of them exist:

amendments   edit, delete, reaction             in the log like messages; the tag `about` is the offset of
                                                the message that they are about
notices      typing, read, received,            for those who are there now: without offset or history
             status, online

In the place of a message that was deleted, history has one of the kind `deleted`, without data.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from hubbub.model import Publication

KIND: Final = "kind"
"""The tag that says what a publication is that was made."""
ABOUT: Final = "about"
"""The tag that says which message an amendment is about, by its offset."""
DELETED: Final = "deleted"
"""The kind of what stands in the place of a message that was deleted."""


class Act(StrEnum):
    """What may be said about a message."""

    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"


class Notice(StrEnum):
    """What may be said about a user in a channel."""

    TYPING = "typing"
    READ = "read"
    RECEIVED = "received"
    STATUS = "status"
    ONLINE = "online"


def kind_of(publication: Publication) -> str:
    """Return the kind of a publication that was made; "" for a message."""
    return (publication.tags or {}).get(KIND, "") if publication.made else ""


def about_of(publication: Publication) -> int:
    """Return the offset of the message that an amendment is about; 0 for everything else."""
    return int((publication.tags or {}).get(ABOUT, "0")) if publication.made else 0


def tags_of(act: Act, about: int) -> dict[str, str]:
    """Return the tags of an amendment."""
    return {KIND: act.value, ABOUT: str(about)}
