"""What all sessions of a node share."""

from __future__ import annotations

from dataclasses import dataclass, field

from hubbub.clock import Clock
from hubbub.hub.chats.chat import Chat
from hubbub.hub.encodings import Encodings
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.queues.queues import Queues
from hubbub.sessions.entries import Entries
from hubbub.sessions.expiry import Expiry
from hubbub.sessions.gate import Gate
from hubbub.sessions.hooks import Events, Hooks, unheard
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.reaching.responses import Responses
from hubbub.sessions.registry import Registry
from hubbub.sessions.seal import Seal


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions of a node share.

    Args:
        hub: the channels. registry: all sessions. encodings: the shared renderings. limits: the bounds.
        gate: who may come in. expiry: what ends by itself. clock: the time. chat: what chats have beside.
        backlog_limit, backlog_age_s: how much (bytes) and how long (seconds) a client may leave unread.
        node: this node's name. seal: what makes the secrets of sessions. inbox: the inboxes of users.
        queues: the queues that have consumers here. entries: what each address may begin and ask.
        responses: the way of answers from client to client.
    """

    hub: Hub
    registry: Registry
    encodings: Encodings
    limits: SessionLimits
    gate: Gate
    expiry: Expiry
    clock: Clock
    chat: Chat
    backlog_limit: int
    backlog_age_s: float
    node: str = ""
    seal: Seal = field(default_factory=Seal)
    entries: Entries = field(default_factory=Entries)
    inbox: Inbox = field(kw_only=True)
    queues: Queues = field(kw_only=True)
    responses: Responses = field(kw_only=True)

    @property
    def hooks(self) -> Hooks:
        """Return what the application is asked."""
        return self.gate.hooks

    @property
    def events(self) -> Events:
        """Return what tells the application what happened."""
        return self.gate.hooks.events

    @property
    def keeps_requests(self) -> bool:
        """Tell whether the application may ask what a client's request said, after it was let in."""
        hooks = self.gate.hooks
        return hooks.events is not unheard or any(
            (hooks.refresh, hooks.subscribe, hooks.publish, hooks.sub_refresh, hooks.rpc)
        )
