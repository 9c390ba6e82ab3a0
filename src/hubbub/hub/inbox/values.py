"""What inboxes answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.hub.permissions.namespaces import USER_BOUNDARY, USER_SEPARATOR
from hubbub.model import ChannelName, Position, Publication, UserId
from hubbub.names import is_legible

ID_TAG = "id"
"""The tag that has a message's id."""
TO_TAG = "to"
"""The tag of a sender's own copy: to whom the message went."""
USER_LIMIT = 128
"""Characters of a user's name."""
DEVICE_LIMIT = 64
"""Characters of a device's name."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message is in an inbox.

    Args:
        id: its name, which the sender chose or was given. position: where it is.
        duplicate: whether it was there already, by the same key.
    """

    id: str
    position: Position
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a device has acknowledged: all up to `upto`, and `ahead` single messages beyond.

    `top` is the inbox's last position.
    """

    upto: int
    ahead: int
    top: Position


@dataclass(frozen=True, slots=True)
class Unread:
    """How much of an inbox is unread.

    Args:
        total: messages that are not read. senders: how many by whom ("" : by nobody with a name).
        lost: messages that were dropped, unread, because they were too old or too many.
        more: whether there are so many that `total` counts more than messages, and `senders` not all.
        read: up to where everything is read. top: the inbox's last position.
    """

    total: int
    senders: Mapping[UserId, int] = field(default_factory=dict)
    lost: int = 0
    more: bool = False
    read: int = 0
    top: Position = Position("", 0)  # noqa: RUF009 - it is frozen


@dataclass(frozen=True, slots=True)
class Page:
    """Messages of an inbox, the oldest first.

    Args:
        upto: the offset behind which the next page begins. more: whether there is one.
        lost: messages before these that were dropped, unread. top: the inbox's last position.
    """

    messages: Sequence[Publication]
    upto: int
    more: bool
    lost: int
    top: Position


@dataclass(frozen=True, slots=True)
class Overdue:
    """What no device has acknowledged in time.

    Args:
        messages: the oldest of them. upto: the offset up to which this is all. more: whether others follow.
        next_ms: when the next message may become overdue, in milliseconds since 1970 (0: none waits).
        unread: how many messages the user has not read. top: the inbox's last position.
    """

    user: UserId
    messages: Sequence[Publication]
    upto: int
    more: bool
    next_ms: int
    unread: int
    top: Position


def has_inbox(user: UserId) -> bool:
    """Tell whether somebody of this name can have an inbox."""
    return 0 < len(user) <= USER_LIMIT and not {USER_BOUNDARY, USER_SEPARATOR} & set(user)


def inbox_of(user: UserId) -> ChannelName:
    """Return a user's inbox. Raises Refused (107) for a name that no inbox can have.

    Behind `#` a comma would name two users, and another `#` somebody else.
    """
    if not has_inbox(user):
        raise Refused(
            BAD_REQUEST_ERROR,
            f"whoever has an inbox is named by 1 to {USER_LIMIT} characters, without # and ,",
        )
    return f"{USER_BOUNDARY}{user}"


def device_of(name: str) -> str:
    """Return the name of a device. Raises Refused (107) for one that is too long or not printable."""
    if len(name) > DEVICE_LIMIT or not is_legible(name):
        raise Refused(
            BAD_REQUEST_ERROR, f"a device is named by at most {DEVICE_LIMIT} printable characters"
        )
    return name


def sender_of(message: Publication) -> UserId:
    """Return who sent a message; "" for somebody without a name."""
    return message.sender.user if message.sender is not None else ""


def is_message(entry: Publication) -> bool:
    """Tell whether an entry of an inbox is a message to its owner: no copy of the own ones, nor made."""
    return TO_TAG not in (entry.tags or {}) and not entry.made
