"""Hubbub, a realtime messaging server: every client, one hub."""

from hubbub.app import Hubbub
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
from hubbub.hub.namespaces import Audience, Namespace
from hubbub.hub.options import Override
from hubbub.hub.permission import Operation, Permission
from hubbub.model import ClientInfo, Kind, Position, Publication
from hubbub.sessions.caller import Caller
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
    "HookUnavailable",
    "Hubbub",
    "HubbubError",
    "Kind",
    "LifecycleError",
    "Namespace",
    "Operation",
    "Override",
    "Permission",
    "Position",
    "Publication",
    "PublishGrant",
    "RefreshGrant",
    "Refused",
    "Reject",
    "RpcAnswer",
    "Settings",
    "SubRefreshGrant",
    "SubscribeGrant",
    "Unanswered",
]
