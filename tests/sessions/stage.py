"""Sessions of a node on a memory broker, each over a carrier without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hubbub.dialects.contract import Dialect, Request
from hubbub.dialects.text import TextDialect, TextSettings
from hubbub.hub.chats.chat import Chat
from hubbub.hub.encodings import Encodings
from hubbub.hub.nodes.control import Control
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.queues.queues import Queues
from hubbub.hub.settings import HubSettings
from hubbub.sessions.expiry import Expiry
from hubbub.sessions.gate import AccessSettings, Gate, Tokens
from hubbub.sessions.hooks import Event, Hooks
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.reaching.responses import Responses
from hubbub.sessions.registry import Registry
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.hub.stage import Stage, stage

BACKLOG_LIMIT = 1000
PLAIN = TextSettings()
ENVELOPED = TextSettings(format="json")


class Floor:
    """The sessions of one node."""

    def __init__(
        self,
        node: Stage,
        limits: SessionLimits,
        trusting: bool,
        access: AccessSettings | None = None,
        tokens: Tokens | None = None,
        name: str = "",
    ) -> None:
        self.node = node
        self.registry = Registry(round(limits.ping_interval_s) or 25, node.clock.monotonic())
        node.hub.watch(self.registry.relieve)
        self.events: list[Event] = []
        self.hooks = Hooks(events=self.events.append)
        self.expiry = Expiry(self.hooks, node.clock, limits.grace_s)
        self.control = Control(node.broker, name or "n1", node.clock)
        node.hub.admit(self.control.names, self.control)
        self.queues = Queues(node.hub, self.control)
        self.services = Services(
            node.hub,
            self.registry,
            Encodings(),
            limits,
            Gate(access or AccessSettings(), self.hooks, node.clock, trusting, tokens, tokens),
            self.expiry,
            node.clock,
            Chat(node.hub, node.inbox, node.clock),
            backlog_limit=BACKLOG_LIMIT,
            backlog_age_s=10.0,
            node=name,
            inbox=node.inbox,
            queues=self.queues,
            responses=Responses(self.registry, self.control),
        )

    def open(
        self, dialect: Dialect, request: Request | None = None, *, says_close: bool = True
    ) -> tuple[Session, Carrier]:
        session, carrier = Session(self.services, dialect, handle, request), Carrier()
        carrier.says_close = says_close
        session.opened(carrier)
        return session, carrier

    def plain(self, user: str = "ann", channel: str = "room") -> tuple[Session, Carrier]:
        return self.open(TextDialect(PLAIN, channel, user))

    def enveloped(self, user: str = "ann", channel: str = "room") -> tuple[Session, Carrier]:
        return self.open(TextDialect(ENVELOPED, channel, user))

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass in steps of one second."""
        for _ in range(round(seconds)):
            self.node.clock.jump(1.0)
            self.registry.tick(self.node.clock.monotonic())
            self.expiry.tick()
            self.queues.tick()
            self.services.chat.tick()


@asynccontextmanager
async def floor(
    limits: SessionLimits | None = None,
    namespace: Namespace | None = None,
    *,
    trusting: bool = True,
    hub: HubSettings | None = None,
    access: AccessSettings | None = None,
    tokens: Tokens | None = None,
    name: str = "",
) -> AsyncIterator[Floor]:
    """Run a node with sessions."""
    async with stage(namespace, hub or HubSettings(backlog_limit=BACKLOG_LIMIT)) as node:
        place = Floor(node, limits or SessionLimits(), trusting, access, tokens, name)
        await place.control.start()
        yield place
        await place.queues.close()
        await place.control.close()
