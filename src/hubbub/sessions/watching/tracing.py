"""What passes between a user's sessions and their clients, or is said in a channel, as it happens.

Whoever traces asks again and again; the question itself makes every node listen, and a node that is not asked
any more stops by itself. Each holds what it heard until then, so much at most. While nobody traces, nobody
listens anywhere.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable

import msgspec
from msgspec import Struct

from hubbub.dialects.contract import Resync, Subscribed
from hubbub.dialects.envelope import ENVELOPE
from hubbub.errors import LIMIT_EXCEEDED, ErrorCode, HubbubError, Refused
from hubbub.hub.contract import Attachment
from hubbub.hub.encoding import Encoding
from hubbub.hub.nodes.control import Control
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, Packet, SessionId, UserId
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session
from hubbub.sessions.watching.wiretap import Way, Wiretap, readable

TRACE = "trace"
"""The name of the order by which nodes have each other listen."""
LEASE_S = 15.0
"""Seconds without a question after which a node listens no more."""
TRACES = 16
"""Traces of one node at the same time."""
EVENTS = 500
"""Events that one trace holds on a node until it is asked."""
SESSIONS = 100
"""Sessions of one trace on a node."""


class Target(Struct, frozen=True, array_like=True):
    """What is traced: all sessions of a user, one session, or a channel; and the trace's own id.

    The id begins with the name of the node that listens to the channel.
    """

    trace: str
    user: UserId = ""
    client: SessionId = ""
    channel: ChannelName = ""


class Noted(Struct, frozen=True, array_like=True):
    """One thing that happened.

    Args:
        time: milliseconds since 1970. node: where. session, user: whose; "" in a channel.
        way: `in` came from the client, `out` went to it or to the channel, `note` is what happened.
        size: bytes. text: what people can read of it, cut off where it is long.
    """

    time: int
    node: str
    session: SessionId
    user: UserId
    way: Way
    size: int
    text: str


class Heard(Struct, frozen=True, array_like=True):
    """What a node heard since it was asked, and how much it could not hold."""

    events: list[Noted]
    lost: int = 0
    error: str = ""


_encode = msgspec.msgpack.Encoder().encode
_TARGET = msgspec.msgpack.Decoder(Target)
_HEARD = msgspec.msgpack.Decoder(Heard)


def _time_of(event: Noted) -> int:
    return event.time


def _line(packet: Packet) -> bytes:
    return packet.data + b"\n"


_SHOWN = Encoding(ENVELOPE, _line, joins=True)


class _Trace:
    """One trace on this node."""

    __slots__ = ("_events", "_lost", "_services", "deadline", "ear", "error", "tapped", "target")

    def __init__(self, target: Target, services: Services) -> None:
        self._services = services
        self._events: deque[Noted] = deque(maxlen=EVENTS)
        self._lost = 0
        self.target = target
        self.deadline = 0.0
        self.tapped: set[SessionId] = set()
        self.ear: _Ear | None = None
        self.error = ""

    def note(self, session: Session | None, way: Way, size: int, text: str) -> None:
        """Hold one thing more; the oldest is lost for it."""
        self._lost += len(self._events) == EVENTS
        services = self._services
        whose, user = (session.id, session.info.user) if session is not None else ("", "")
        now = services.clock.epoch_ms()
        self._events.append(Noted(now, services.node, whose, user, way, size, text))

    def listen(self, session: Session, way: Way, size: int, text: str) -> None:
        self.note(session, way, size, text)

    def take(self) -> Heard:
        heard = Heard(list(self._events), self._lost, self.error)
        self._events.clear()
        self._lost = 0
        return heard


class _Ear:
    """Follow a channel (`hub.contract.Subscriber`) for a trace; its members do not know."""

    def __init__(self, trace: _Trace) -> None:
        self.info = ClientInfo("", f"!trace.{trace.target.trace}")
        self.attached = False
        self._trace = trace
        self.write: Callable[[bytes], None] = self._hear

    def _hear(self, lines: bytes) -> None:
        for line in lines.splitlines():
            self._trace.note(None, "out", len(line), readable(line))

    def info_in(self, channel: ChannelName) -> ClientInfo:
        return self.info

    def is_seen_in(self, channel: ChannelName) -> bool:
        return False

    def resync(self, resync: Resync) -> None:
        self._trace.note(None, "note", 0, f"messages may be missing: {resync.reason}")

    def arrived(self, reply: Subscribed) -> bool:
        """Become live, unless the trace is over."""
        self.attached = self._trace.ear is self
        return self.attached


class Tracing:
    """Trace, and listen for those who do.

    Args:
        services: the sessions of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_services", "_taps", "_traces")

    def __init__(self, services: Services, control: Control) -> None:
        self._services = services
        self._control = control
        self._traces: dict[str, _Trace] = {}
        self._taps: dict[SessionId, Wiretap] = {}
        control.on(TRACE, self._carry_on)

    def __len__(self) -> int:
        return len(self._traces)

    def begin(self) -> str:
        """Return the id of a new trace, which begins with the first question."""
        return f"{self._services.node}.{secrets.token_urlsafe(12)}"

    async def ask(self, target: Target) -> tuple[Heard, list[str]]:
        """Return what was heard since the last question, in order, and the nodes that did not answer.

        Raises Refused where something cannot be traced, OrderFailed, BrokerUnavailable.
        """
        answers = await self._control.ask_all(TRACE, _encode(target))
        told, missing = answers.read(_HEARD)
        for heard in told:
            if heard.error:
                raise Refused(ErrorCode(LIMIT_EXCEEDED.code, LIMIT_EXCEEDED.message), heard.error)
        events = sorted((event for heard in told for event in heard.events), key=_time_of)
        return Heard(events, sum(heard.lost for heard in told)), missing

    # ── on each node ────────────────────────────────────────────────────────────────────────────

    def _carry_on(self, payload: bytes) -> bytes:
        target = _TARGET.decode(payload)
        trace = self._traces.get(target.trace)
        if trace is None:
            if len(self._traces) >= TRACES:
                return _encode(Heard([], 0, f"a node has {TRACES} traces at most"))
            trace = self._traces[target.trace] = self._open(target)
        trace.deadline = self._services.clock.monotonic() + LEASE_S
        for session in list(trace.tapped):
            tap = self._taps[session]
            tap.attach()
            if tap.session.gone:
                trace.note(tap.session, "note", 0, "ended")
                self._untap(trace, session)
        return _encode(trace.take())

    def _open(self, target: Target) -> _Trace:
        trace = _Trace(target, self._services)
        registry = self._services.registry
        if target.channel:
            if target.trace.partition(".")[0] == self._services.node:
                trace.ear = _Ear(trace)
                start(self._follow(trace, trace.ear))
        elif target.client:
            self._tap(trace, registry.get(target.client))
        else:
            for session in registry.of_user(target.user):
                self._tap(trace, session)
        registry.noticed = self._notice
        return trace

    async def _follow(self, trace: _Trace, ear: _Ear) -> None:
        try:
            await self._services.hub.attach(
                ear, Attachment(trace.target.channel, _SHOWN, ear.arrived)
            )
        except HubbubError as fault:
            trace.error = str(fault)

    def _notice(self, session: object) -> None:
        """See that a session has become somebody's."""
        if isinstance(session, Session):
            for trace in self._traces.values():
                if trace.target.user and trace.target.user == session.info.user:
                    self._tap(trace, session)

    def _tap(self, trace: _Trace, session: object) -> None:
        if not isinstance(session, Session) or session.id in trace.tapped:
            return
        if len(trace.tapped) >= SESSIONS:
            return
        tap = self._taps.get(session.id)
        if tap is None:
            tap = self._taps[session.id] = Wiretap(session)
        tap.listeners.append(trace.listen)
        trace.tapped.add(session.id)
        tap.attach()
        name = session.dialect.renderer.name
        trace.note(session, "note", 0, f"{name} {session.carrier} {session.peer}".strip())

    def _untap(self, trace: _Trace, session: SessionId) -> None:
        tap = self._taps[session]
        trace.tapped.discard(session)
        tap.listeners.remove(trace.listen)
        if not tap.listeners:
            tap.detach()
            del self._taps[session]

    def tick(self) -> None:
        """End what nobody asks for any more."""
        now = self._services.clock.monotonic()
        for trace in [each for each in self._traces.values() if each.deadline < now]:
            self._end(trace)

    def _end(self, trace: _Trace) -> None:
        del self._traces[trace.target.trace]
        for session in list(trace.tapped):
            self._untap(trace, session)
        if trace.ear is not None:
            ear, trace.ear = trace.ear, None
            if ear.attached:
                hub = self._services.hub
                hub.detach(ear.info, trace.target.channel, _SHOWN, seen=False)
                hub.forget(ear.info.session)
        if not self._traces:
            self._services.registry.noticed = None
