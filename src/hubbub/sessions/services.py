"""What all sessions of a node share."""

from __future__ import annotations

from dataclasses import dataclass, field

from hubbub.hub.encoding import Encodings
from hubbub.hub.hub import Hub
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.registry import Registry
from hubbub.sessions.seal import Seal


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions of a node share.

    Args:
        hub: the channels. registry: all sessions. encodings: the shared renderings. limits: the bounds.
        backlog_limit, backlog_age_s: how much (bytes) and how long (seconds) a client may leave unread.
        trusting: whether claimed user names are believed.
        node: this node's name. seal: what makes the secrets of sessions.
    """

    hub: Hub
    registry: Registry
    encodings: Encodings
    limits: SessionLimits
    backlog_limit: int
    backlog_age_s: float
    trusting: bool
    node: str = ""
    seal: Seal = field(default_factory=Seal)
