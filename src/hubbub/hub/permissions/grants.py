"""Who may do what in a channel: one pure table, asked in one order.

For each operation, the first of these that has a word to say decides:

1. Is the feature there at all? History and presence are, where the namespace keeps them (else 108).
2. A channel with users in its name (`dialog#ann,bob`) is theirs alone: whoever is not among them may nothing
   there, and they may subscribe.
3. What a token or the connect hook permitted by name or pattern is granted.
4. A private channel (`$news`) nobody else may follow.
5. The past and the members of a channel are only for those who follow it or may do so.
6. The namespace says who may: everyone, users, subscribers or nobody.

A subscription token, or the subscribe or publish hook of a namespace, decides alone and is asked before this
table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.hub.permissions.namespaces import (
    PRIVATE,
    USER_BOUNDARY,
    USER_SEPARATOR,
    Audience,
    Namespace,
)
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.model import ChannelName, UserId


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session is in a channel: its user, whether it follows it, and what it was granted elsewhere."""

    user: UserId
    subscribed: bool = False
    permissions: Sequence[Permission] = ()


def allow(
    namespace: Namespace, channel: ChannelName, operation: Operation, standing: Standing
) -> None:
    """Return when it may.

    Raises Refused with 108 where the namespace does not have the feature, and 103 where it may not.
    """
    require(namespace, operation)
    if not _granted(namespace, channel, operation, standing):
        raise Refused(PERMISSION_DENIED, f"{operation.value} is not for you in this channel")


def may(
    namespace: Namespace, channel: ChannelName, operation: Operation, standing: Standing
) -> bool:
    """Tell whether it may, in a namespace that has the feature."""
    return _granted(namespace, channel, operation, standing)


def require(namespace: Namespace, operation: Operation) -> None:
    """Return when the namespace has the feature. Raises Refused (108)."""
    if operation is Operation.HISTORY and not namespace.recoverable:
        raise Refused(NOT_AVAILABLE, "this channel keeps no history")
    if operation is Operation.PRESENCE and not namespace.presence:
        raise Refused(NOT_AVAILABLE, "this channel keeps no presence")


_READING = frozenset({Operation.HISTORY, Operation.PRESENCE})


def _granted(
    namespace: Namespace, channel: ChannelName, operation: Operation, standing: Standing
) -> bool:
    users = users_of(channel)
    if users:
        if not standing.user or standing.user not in users:
            return False
        if operation is Operation.SUBSCRIBE:
            return True
    if any(each.covers(channel, operation) for each in standing.permissions):
        return True
    if operation is Operation.SUBSCRIBE and channel.startswith(PRIVATE):
        return False
    if operation in _READING and not (
        standing.subscribed or _may_follow(namespace, channel, standing)
    ):
        return False
    audience = {
        Operation.SUBSCRIBE: namespace.subscribe,
        Operation.PUBLISH: namespace.publish,
        Operation.HISTORY: namespace.history,
        Operation.PRESENCE: namespace.see_presence,
        Operation.MODERATE: namespace.moderate,
    }[operation]
    return (
        audience is Audience.EVERYONE
        or (audience is Audience.USERS and standing.user != "")
        or (audience is Audience.SUBSCRIBERS and standing.subscribed)
    )


def _may_follow(namespace: Namespace, channel: ChannelName, standing: Standing) -> bool:
    """Tell whether it could follow the channel without being asked for more."""
    return not namespace.subscribe_hook and _granted(
        namespace, channel, Operation.SUBSCRIBE, standing
    )


def users_of(channel: ChannelName) -> tuple[UserId, ...]:
    """Return the users that a channel's name limits it to; none where it limits nobody."""
    _, boundary, users = channel.rpartition(USER_BOUNDARY)
    return tuple(users.split(USER_SEPARATOR)) if boundary else ()
