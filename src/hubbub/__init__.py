"""Hubbub, a realtime messaging server: every client, one hub.

What is named here is imported when somebody asks for it: a command that only talks to a server needs none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubbub.app import Hubbub
    from hubbub.asking import NodeAnswers
    from hubbub.config import Settings
    from hubbub.errors import (
        BrokerUnavailable,
        ConfigurationError,
        ErrorCode,
        HookUnavailable,
        HubbubError,
        LifecycleError,
        Refused,
        Reject,
        Unanswered,
    )
    from hubbub.hub.nodes.orders import NodeGone, NodeSilent, OrderFailed
    from hubbub.hub.permissions.namespaces import Audience, Namespace
    from hubbub.hub.permissions.options import Override
    from hubbub.hub.permissions.permission import Operation, Permission
    from hubbub.model import ClientInfo, Kind, Position, Publication
    from hubbub.sessions.hooks import (
        Client,
        ConnectAsk,
        ConnectGrant,
        Event,
        EventKind,
        PublishGrant,
        RefreshGrant,
        RpcAnswer,
        SubRefreshGrant,
        SubscribeGrant,
    )
    from hubbub.sessions.operations.caller import Caller
    from hubbub.sessions.reaching.groups import Groups, Members
    from hubbub.sessions.reaching.reach import Fate, Reached

__all__ = [
    "Audience",
    "BrokerUnavailable",
    "Caller",
    "Client",
    "ClientInfo",
    "ConfigurationError",
    "ConnectAsk",
    "ConnectGrant",
    "ErrorCode",
    "Event",
    "EventKind",
    "Fate",
    "Groups",
    "HookUnavailable",
    "Hubbub",
    "HubbubError",
    "Kind",
    "LifecycleError",
    "Members",
    "Namespace",
    "NodeAnswers",
    "NodeGone",
    "NodeSilent",
    "Operation",
    "OrderFailed",
    "Override",
    "Permission",
    "Position",
    "Publication",
    "PublishGrant",
    "Reached",
    "RefreshGrant",
    "Refused",
    "Reject",
    "RpcAnswer",
    "Settings",
    "SubRefreshGrant",
    "SubscribeGrant",
    "Unanswered",
]

_HOMES = {
    "Audience": "hubbub.hub.permissions.namespaces",
    "BrokerUnavailable": "hubbub.errors",
    "Caller": "hubbub.sessions.operations.caller",
    "Client": "hubbub.sessions.hooks",
    "ClientInfo": "hubbub.model",
    "ConfigurationError": "hubbub.errors",
    "ConnectAsk": "hubbub.sessions.hooks",
    "ConnectGrant": "hubbub.sessions.hooks",
    "ErrorCode": "hubbub.errors",
    "Event": "hubbub.sessions.hooks",
    "EventKind": "hubbub.sessions.hooks",
    "Fate": "hubbub.sessions.reaching.reach",
    "Groups": "hubbub.sessions.reaching.groups",
    "HookUnavailable": "hubbub.errors",
    "Hubbub": "hubbub.app",
    "HubbubError": "hubbub.errors",
    "Kind": "hubbub.model",
    "LifecycleError": "hubbub.errors",
    "Members": "hubbub.sessions.reaching.groups",
    "Namespace": "hubbub.hub.permissions.namespaces",
    "NodeAnswers": "hubbub.asking",
    "NodeGone": "hubbub.hub.nodes.orders",
    "NodeSilent": "hubbub.hub.nodes.orders",
    "Operation": "hubbub.hub.permissions.permission",
    "OrderFailed": "hubbub.hub.nodes.orders",
    "Override": "hubbub.hub.permissions.options",
    "Permission": "hubbub.hub.permissions.permission",
    "Position": "hubbub.model",
    "Publication": "hubbub.model",
    "PublishGrant": "hubbub.sessions.hooks",
    "Reached": "hubbub.sessions.reaching.reach",
    "RefreshGrant": "hubbub.sessions.hooks",
    "Refused": "hubbub.errors",
    "Reject": "hubbub.errors",
    "RpcAnswer": "hubbub.sessions.hooks",
    "Settings": "hubbub.config",
    "SubRefreshGrant": "hubbub.sessions.hooks",
    "SubscribeGrant": "hubbub.sessions.hooks",
    "Unanswered": "hubbub.errors",
}
"""Where what is named here lives."""


if not TYPE_CHECKING:  # a checker would take every name for one of these

    def __getattr__(name: str) -> object:
        """Import a name at its first use."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(_HOMES[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """List what is here, imported or not."""
    return sorted({*globals(), *__all__})
