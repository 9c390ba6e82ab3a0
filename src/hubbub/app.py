"""The only place that wires: settings in, a running server's parts out. It is also the public Python API."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self

from hubbub.asking import ORDER, Asker
from hubbub.brokers.contract import Broker
from hubbub.chatting import Chatter
from hubbub.clock import Clock, SystemClock
from hubbub.config import Settings, SourceSettings, current
from hubbub.endpoints import doors_of, sockjs_of
from hubbub.engines import open_broker, open_source
from hubbub.errors import BrokerUnavailable
from hubbub.hooks.application import Application
from hubbub.hooks.handlers import Handlers
from hubbub.http.node import Node
from hubbub.http.pages import BUILT
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.hub.chats.chat import Chat
from hubbub.hub.encodings import Encodings
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.deadlines import Deadlines
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.nodes.control import Control
from hubbub.hub.queues.queues import Queues
from hubbub.inboxes import Sender
from hubbub.mounting import Mounter
from hubbub.publishing import Publisher
from hubbub.pushing import Pusher
from hubbub.sessions.doors import Doors
from hubbub.sessions.entries import Entries
from hubbub.sessions.expiry import Expiry
from hubbub.sessions.gate import Gate
from hubbub.sessions.polls.emulation import Emulation
from hubbub.sessions.polls.polling import Polling
from hubbub.sessions.polls.sockjs import SockJsSessions
from hubbub.sessions.polls.sockjs_endpoint import SockJs
from hubbub.sessions.polls.whereabouts import Whereabouts
from hubbub.sessions.reaching.groups import Groups
from hubbub.sessions.reaching.orders import Orders
from hubbub.sessions.reaching.pushes import Pushes
from hubbub.sessions.reaching.reach import Reach
from hubbub.sessions.reaching.responses import Responses
from hubbub.sessions.reaching.roll import Roll
from hubbub.sessions.registry import Registry
from hubbub.sessions.revoking.expulsion import expel
from hubbub.sessions.revoking.revocation import Revocations
from hubbub.sessions.services import Services
from hubbub.sessions.tokens import Verifier
from hubbub.sessions.watching.tracing import Tracing
from hubbub.sources.contract import Source
from hubbub.telemetry import join_host
from hubbub.transports.admission import origin_allowed
from hubbub.transports.asgi.application import AsgiApp
from hubbub.transports.asgi.carriage import Hosting
from hubbub.transports.asgi.lifespan import Life, claim
from hubbub.transports.websocket.cuts import CUTS

TICK_S = 1.0
"""Seconds between two looks at what is due: pings, silence, audits, leases."""
ROUNDS = 25
"""Ticks in which every session is looked at where nobody is pinged."""
DISMISS_STEPS = 20
"""Batches in which a draining server closes its sessions."""


class Hubbub(Handlers, Publisher, Chatter, Pusher, Asker, Sender, Mounter):
    """Be one node: its hub, its sessions and its doors; and take the functions of an application.

    Args:
        settings: what the operator wants (None: what flags, variables and `hubbub.toml` say).
        clock: the time.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None) -> None:
        super().__init__()
        self.settings = settings or current()
        self.clock = clock or SystemClock()
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where it runs; None where it does not."""
        self.mounts = []
        self._wire()
        farewell_s = self.settings.listener.websocket.close_timeout_s + 1
        self._life = Life(self, self.settings.drain_s, farewell_s)
        self.asgi = AsgiApp(self, self._life, _hosting(self.settings))
        """The node as an ASGI application, to be mounted in a host or run by any server."""

    def _wire(self) -> None:
        """Make all parts of a node; it runs once, and what outlives it is made by the constructor."""
        self._ended = False
        self.node = secrets.token_hex(6)
        self.broker: Broker = open_broker(self.settings.broker, self.clock)
        self.hub = Hub(self.broker, self.settings.namespace_table, self.settings.hub, self.clock)
        self.inbox = Inbox(self.hub, self.settings.inbox, self.clock)
        self._deadlines = Deadlines(self.inbox, self.broker.records, self.node, self.clock)
        self.application = Application(self.settings.hooks, self, self.clock, self.hub.statistics)
        """Whom this node asks and tells."""
        self.hub.watch_occupancy(self.application.tell_occupancy)
        self.hub.upkeep.watch_ghosts(self.application.tell_ghost)
        self.control = Control(self.broker, self.node, self.clock)
        """Orders to and from the other nodes."""
        self.control.on(ORDER, self.application.ordered.carry_out)
        self.hub.admit(self.control.names, self.control)
        self._queues = Queues(self.hub, self.control)
        self.revocations = Revocations(self.broker, self.settings.revocations, self.clock)
        """What was revoked on any node."""
        self.hub.admit(self.revocations.journal.names, self.revocations.journal)
        rounds = round(self.settings.limits.ping_interval_s / TICK_S) or ROUNDS
        self.registry = Registry(rounds, self.clock.monotonic())
        self.hub.watch(self.registry.relieve)
        self.revocations.arrived = partial(expel, self.registry)
        self.chat = Chat(self.hub, self.inbox, self.clock)
        self.expiry = Expiry(self.application.hooks, self.clock, self.settings.limits.grace_s)
        self.front = self._front(self._services())
        """The node as its HTTP side sees it."""
        self.site = build(self.front, Path(self.settings.pages) if self.settings.pages else BUILT)
        self.site.router.routes[:0] = self.mounts
        self._sources: list[Source] = []
        self._ticker: asyncio.TimerHandle | None = None

    def _front(self, services: Services) -> Node:
        polling = Polling(self.node, services.seal, self.control)
        sockjs = self._sockjs()
        message_limit = self.settings.listener.websocket.message_limit
        self.doors = Doors(
            doors_of(self.settings.endpoints, message_limit, polling.upgrade, sockjs.sessions),
            services,
            partial(origin_allowed, allowed=self.settings.allowed_origins),
        )
        reach = Reach(services, self.control)
        self.pushes = Pushes(reach, Groups(self.broker.records, self.control, reach, self.registry))
        return Node(
            self.node,
            self.hub,
            self.control,
            self.registry,
            self.doors,
            _http_settings(self.settings),
            Emulation(self.registry, services.seal, self.control),
            Orders(services, self.control),
            self.revocations,
            self.application.hooks,
            polling,
            sockjs,
            self.chat,
            self.pushes,
            self.inbox,
            Roll(services, self.control),
            services.gate,
            Tracing(services, self.control),
            services.entries,
        )

    def _sockjs(self) -> SockJs:
        whereabouts = Whereabouts(self.node, self.broker.presence)
        self.hub.admit(whereabouts.names, whereabouts)
        return sockjs_of(self.settings.endpoints, SockJsSessions(self.control, whereabouts))

    def _services(self) -> Services:
        settings, clock = self.settings, self.clock
        self._verifier = Verifier(clock, settings.tokens, settings.subscription_tokens)
        tokens = self._verifier if settings.tokens.configured else None
        channel_tokens = self._verifier if settings.subscription_tokens.configured else tokens
        gate = Gate(
            settings.access,
            self.application.hooks,
            clock,
            settings.open,
            tokens,
            channel_tokens,
            self.revocations,
        )
        return Services(
            self.hub,
            self.registry,
            Encodings(CUTS),
            settings.limits,
            gate,
            self.expiry,
            clock,
            self.chat,
            settings.hub.backlog_limit,
            settings.hub.backlog_age_s,
            node=self.node,
            entries=Entries(settings.entries, clock),
            inbox=self.inbox,
            queues=self._queues,
            responses=Responses(self.registry, self.control),
        )

    async def start(self) -> None:
        """Connect the broker and the sources, and begin to tick; after an end, as a new node.

        Raises BrokerUnavailable, and LifecycleError where it runs already.
        """
        join_host()
        self.loop = claim(self.loop)
        if self._ended:
            self._wire()
        try:
            await self.broker.start(self.node, self.hub)
            self.application.start()
            self._deadlines.begin(self.application.hooks.unacknowledged)
            await self.control.start()
            await self.revocations.start()
            for settings in self.settings.sources:
                await self._join(settings)
        except BaseException:
            await self.stop()
            raise
        self._tick()

    async def _join(self, settings: SourceSettings) -> None:
        source = open_source(settings, self.node, self.hub, self.clock)
        # Known before it starts: it may look at its channel's history.
        self.hub.outlets[settings.name] = source
        self._sources.append(source)
        try:
            await source.start()
        except BrokerUnavailable as fault:
            raise BrokerUnavailable(f"source {settings.name!r}: {fault.detail}") from fault

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Run inside a program of your own; leaving closes all sessions in order. Raises as `start` does."""
        async with self._life.running():
            yield self

    def lifespan(self, host: object) -> AbstractAsyncContextManager[None]:
        """Run for as long as a host application does: `FastAPI(lifespan=app.lifespan)`."""
        return self._life.running()

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more, and close all sessions in batches over `seconds`."""
        self.doors.closing = True
        batch = max(100, len(self.registry) // DISMISS_STEPS)
        await self.registry.dismiss(batch, seconds / DISMISS_STEPS)

    async def stop(self) -> None:
        """End everything; what was acknowledged is safe."""
        self.loop, self._ended = None, True
        if self._ticker is not None:
            self._ticker.cancel()
        async with AsyncExitStack() as last_first:  # one that fails does not keep the others open
            last_first.push_async_callback(self.application.close)
            last_first.push_async_callback(self.broker.close)
            # What it is told last, it may still publish.
            last_first.push_async_callback(self.application.flush)
            last_first.push_async_callback(self.chat.people.close)
            last_first.push_async_callback(self.hub.close)
            last_first.push_async_callback(self._deadlines.close)
            last_first.push_async_callback(self.revocations.close)
            last_first.push_async_callback(self._verifier.close)
            last_first.push_async_callback(self.control.close)
            last_first.push_async_callback(self._queues.close)
            last_first.push_async_callback(self.groups.close)
            for source in self._sources:
                last_first.push_async_callback(source.close)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        late_s = now - self._ticker.when() if self._ticker is not None else 0.0
        self._ticker = loop.call_later(TICK_S, self._tick)
        self.front.beat(now, late_s, self.clock.epoch_ms())
        self.registry.tick(self.clock.monotonic())
        node = (self.expiry, self.application, self.hub, self.chat, self._deadlines, self._queues)
        for part in (*node, self.groups, self.revocations):
            part.tick()


def _hosting(settings: Settings) -> Hosting:
    unasked = settings.open and "open" not in settings.model_fields_set
    return Hosting(settings.listener, settings.broker.startswith(("memory:", "sqlite:")), unasked)


def _http_settings(settings: Settings) -> HttpSettings:
    listener = settings.listener
    return HttpSettings(
        settings.keys,
        settings.open,
        listener.body_limit,
        listener.websocket.message_limit,
        settings.api,
        listener.stream.request_limit,
        settings.admin.value,
        settings.allowed_origins,
    )
