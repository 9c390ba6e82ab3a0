"""Who may do what in a channel: one pure table."""

from __future__ import annotations

from enum import Enum

from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.hub.namespaces import Audience, Namespace
from hubbub.model import UserId


class Operation(Enum):
    """What a client may want to do in a channel."""

    SUBSCRIBE = "subscribe"
    PUBLISH = "publish"
    HISTORY = "history"
    PRESENCE = "presence"


def allow(namespace: Namespace, operation: Operation, user: UserId, subscribed: bool) -> None:
    """Return when `user` may; the order is: is the feature there, then who may.

    Raises Refused with 108 where the namespace does not have the feature, and 103 where it may not.
    """
    if operation is Operation.HISTORY and not namespace.recoverable:
        raise Refused(NOT_AVAILABLE, "this channel keeps no history")
    if operation is Operation.PRESENCE and not namespace.presence:
        raise Refused(NOT_AVAILABLE, "this channel keeps no presence")
    audience = {
        Operation.SUBSCRIBE: namespace.subscribe,
        Operation.PUBLISH: namespace.publish,
        Operation.HISTORY: namespace.history,
        Operation.PRESENCE: namespace.see_presence,
    }[operation]
    granted = (
        audience is Audience.EVERYONE
        or (audience is Audience.USERS and user != "")
        or (audience is Audience.SUBSCRIBERS and subscribed)
    )
    if not granted:
        raise Refused(PERMISSION_DENIED, f"{operation.value} is not for you in this channel")
