"""The application, wherever it is: functions in this process, URLs, or both."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from hubbub.brokers.contract import Occupancy
from hubbub.clock import Clock
from hubbub.errors import NODE_DIED
from hubbub.hooks.courier import Courier
from hubbub.hooks.handlers import Handlers
from hubbub.hooks.local import LISTENERS, Local
from hubbub.hooks.ordered import Ordered
from hubbub.hooks.outbox import OutboxLimits
from hubbub.hooks.remote import Remote
from hubbub.hooks.runner import Runner
from hubbub.hooks.settings import HookSettings
from hubbub.hub.contract import Statistics
from hubbub.model import ChannelName, ClientInfo
from hubbub.sessions.hooks import Client, Event, EventKind, Hooks, RpcAnswer, RpcAsk

_log = structlog.get_logger(__name__)

QUESTIONS = ("connect", "refresh", "subscribe", "publish", "sub_refresh", "rpc", "unacknowledged")


class Application:
    """Ask and tell the application. Where it has a function and a URL for the same, the function is asked.

    Args:
        settings: its URLs, and what they and its functions may take. handlers: its functions.
        clock: the time. statistics: where to count.
    """

    def __init__(
        self, settings: HookSettings, handlers: Handlers, clock: Clock, statistics: Statistics
    ) -> None:
        self.hooks = Hooks()
        """What it is asked and told; filled by `start`."""
        self._settings = settings
        self._handlers = handlers
        self._clock = clock
        self._statistics = statistics
        self._runner = Runner(settings.functions, clock)
        self._local = Local(handlers.functions, handlers.methods, self._runner)
        self.ordered = Ordered(handlers.orders, self._runner)
        """What other nodes may have run."""
        self._remote: Remote | None = None
        self._couriers: dict[EventKind, Courier] = {}
        self._ghosts = 0

    def start(self) -> None:
        """Find out what the application wants to be asked and told, now that all of it is registered."""
        self._handlers.started = True
        if self._settings.urls or self._settings.events.url:
            self._remote = Remote(self._settings, self._clock, self._statistics)
        self.hooks.emulated = frozenset(map(str.lower, self._settings.emulated_headers))
        self._choose_questions()
        self._choose_events()

    def _choose_questions(self) -> None:
        local = self._local.hooks
        remote = self._remote.hooks if self._remote is not None else Hooks()
        for name in QUESTIONS:
            mine, theirs = getattr(local, name), getattr(remote, name)
            setattr(self.hooks, name, mine or theirs)
            if mine and theirs and name != "rpc":
                _log.warning("a function is asked, and the URL is not", hook=name)
        if local.rpc is not None and remote.rpc is not None:
            own, others, methods = local.rpc, remote.rpc, self._handlers.methods

            async def rpc(ask: RpcAsk) -> RpcAnswer:
                return await (own if ask.method in methods else others)(ask)

            self.hooks.rpc = rpc

    def _choose_events(self) -> None:
        events = self._settings.events
        together = OutboxLimits(events.limit, age_s=events.age_s, parallel=events.parallel)
        if self._remote is not None and events.url:
            far = Courier(self._remote.tell, together, self._clock, self._statistics)
            self._couriers.update(dict.fromkeys(events.kinds, far))
        singly = replace(together, batch=1)
        near = Courier(self._local.tell, singly, self._clock, self._statistics)
        for kind, name in LISTENERS.items():
            if name in self._handlers.functions:
                if kind in self._couriers:
                    _log.warning("a function is told, and the URL is not", kind=kind)
                self._couriers[kind] = near
        if self._couriers.keys() & {EventKind.DISCONNECTED, EventKind.UNSUBSCRIBED}:
            self.hooks.events = self.tell

    def tell(self, event: Event) -> None:
        """Tell of an event, where the application wants to know of its kind."""
        courier = self._couriers.get(event.kind)
        if courier is not None:
            courier.tell(event)

    def tell_occupancy(self, change: Occupancy) -> None:
        """Tell that a channel is occupied or vacated."""
        kind = EventKind.OCCUPIED if change.occupied else EventKind.VACATED
        now = self._clock.epoch_ms()
        self.tell(Event(kind, change.channel, change.number, now, change.channel))

    def tell_ghost(self, channel: ChannelName, member: ClientInfo) -> None:
        """Tell that somebody follows a channel no more whose node died, and could not tell it."""
        # What its node had counted died with it; the time is above any such count.
        now = self._clock.epoch_ms()
        self._ghosts = max(self._ghosts + 1, now)
        kind, why = EventKind.UNSUBSCRIBED, NODE_DIED
        client = Client(member.session, member.user, info=member.conn_info)
        told = (channel, client, why.code, why.reason, member.chan_info)
        self.tell(Event(kind, member.session, self._ghosts, now, *told))

    def tick(self) -> None:
        """Tell again what was not taken; called about once a second."""
        for courier in set(self._couriers.values()):
            courier.tick()

    async def flush(self) -> None:
        """Tell the rest, within the time that it may take."""
        within_s = self._settings.events.flush_s
        couriers = set(self._couriers.values())
        await asyncio.gather(*(courier.close(within_s) for courier in couriers))

    async def close(self) -> None:
        """Ask and tell no more."""
        self._couriers.clear()
        self._handlers.started = False
        self._runner.close()
        if self._remote is not None:
            self._remote.close()
