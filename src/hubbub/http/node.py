"""What the HTTP side sees of the node it speaks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import Protocol

from hubbub.dialects.contract import Request
from hubbub.http.process import Process, resident_bytes
from hubbub.http.pulse import Pulse
from hubbub.http.settings import HttpSettings
from hubbub.http.trends import STEP, Sample, Trends
from hubbub.hub.chats.chat import Chat
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.nodes.control import Control
from hubbub.sessions.contract import Accepted, Carrier, Headers, Refusal
from hubbub.sessions.doors import Door
from hubbub.sessions.entries import Entries
from hubbub.sessions.gate import Gate
from hubbub.sessions.hooks import Hooks
from hubbub.sessions.polls.emulation import Outcome, Said
from hubbub.sessions.polls.polling import Polling
from hubbub.sessions.polls.sockjs_endpoint import SockJs
from hubbub.sessions.reaching.orders import Orders
from hubbub.sessions.reaching.pushes import Pushes
from hubbub.sessions.reaching.roll import Roll
from hubbub.sessions.revoking.revocation import Revocations
from hubbub.sessions.watching.tracing import Tracing


class Doors(Protocol):
    """Tell whether the node still lets clients in, where, and from which pages."""

    closing: bool
    doors: Sequence[Door]

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted | Refusal | None:
        """Return who talks on a connection, why not, or None where the path is not ours."""
        ...

    def greet(self, headers: Mapping[str, str]) -> Headers | Refusal:
        """Return what lets the page that asks read the answer, or why its origin may not ask."""
        ...


class Emulation(Protocol):
    """Bring what clients say beside their streams to their sessions."""

    async def bring(self, said: Said) -> Outcome:
        """Hand it over, here or on another node. Raises OrderFailed or BrokerUnavailable."""
        ...


class Sessions(Sized, Protocol):
    """Count sessions: `len` now, `total` since the start; and the users who have some."""

    total: int

    @property
    def users(self) -> int:
        """Count the users who have sessions here."""
        ...


@dataclass(frozen=True, slots=True)
class Node:
    """One node, with all that the HTTP side asks of it.

    Args:
        name: unique in the cluster. hub: its channels. control: its way to the other nodes.
        sessions: their counts. doors: whether clients are let in. settings: who may ask what.
        orders: what all nodes do with sessions. revocations: what counts no more. hooks: the application.
        polling: the sessions that are polled. sockjs: those of SockJS.
        chat: what people do in channels beside publishing.
        pushes: what is done to sessions by what is known of them.
        inbox: the inboxes of users. roll: who is connected. gate: whose a request is.
        tracing: who listens to sessions. entries: what each address may begin and ask.
        pulse, trends: how it fares, and fared. process: what it uses.
    """

    name: str
    hub: Hub
    control: Control
    sessions: Sessions
    doors: Doors
    settings: HttpSettings
    emulation: Emulation
    orders: Orders
    revocations: Revocations
    hooks: Hooks
    polling: Polling
    sockjs: SockJs
    chat: Chat
    pushes: Pushes
    inbox: Inbox
    roll: Roll
    gate: Gate
    tracing: Tracing
    entries: Entries
    pulse: Pulse = field(default_factory=Pulse)
    trends: Trends = field(default_factory=Trends)
    process: Process = field(default_factory=lambda: Process(0.0))

    def beat(self, now: float, late_s: float, epoch_ms: int) -> None:
        """Note how it is, and end what nobody looks at any more; about once a second.

        Args:
            now: monotonic seconds. late_s: seconds after the time at which this should have been called.
            epoch_ms: milliseconds since 1970.
        """
        self.tracing.tick()
        counts = self.hub.statistics
        self.pulse.beat(now, late_s, counts.published, counts.delivered)
        if not self.trends.is_due():
            return
        health = self.hub.broker.health()
        self.trends.add(
            Sample(
                epoch_ms,
                *self.pulse.rates(STEP),
                round(health.round_trip_s * 1000, 2) if health.ok else None,
                self.process.cpu(now),
                resident_bytes(),
                len(self.sessions),
                counts.subscriptions,
            )
        )
