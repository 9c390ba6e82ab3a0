"""Sessions of SockJS that have no WebSocket: their clients name them, and their requests come to any node."""

from __future__ import annotations

import asyncio
from hashlib import blake2b

import msgspec
import structlog

from hubbub.errors import SHUTDOWN, BrokerUnavailable, Close
from hubbub.framings.sockjs.reception import DELAY_S
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import NodeGone
from hubbub.hub.stepping import start
from hubbub.sessions.polls.intermittent import OCCUPIED, IntermittentConnection
from hubbub.sessions.polls.patience import Patience
from hubbub.sessions.polls.receiving import OrderedReceiver, StreamReceiver
from hubbub.sessions.polls.relaying import (
    ANSWER_S,
    FORWARDED_S,
    HOLD_S,
    INTERRUPT,
    RECEIVE,
    RELEASE,
    Outcome,
    Relay,
)
from hubbub.sessions.polls.whereabouts import Whereabouts

_log = structlog.get_logger(__name__)

SESSIONS_LIMIT = 100_000
"""Such sessions of one node; they need no sockets that would count."""
CROWDED = Close(1013, "too many sessions of one address")
NOT_NOW = Close(1013, "the server cannot look for sessions now")

_TAKE = "sockjs.take"


class _Said(msgspec.Struct, frozen=True, array_like=True):
    """What a client says."""

    key: str
    messages: list[bytes]


def key_of(place: str, session: str) -> str:
    """Return what a session is called between nodes, which does not tell what its client calls it.

    Args:
        place: the path of its endpoint. session: its client's name for it.
    """
    return blake2b(f"{place}\0{session}".encode("utf-8", "replace"), digest_size=16).hexdigest()


class SockJsSessions:
    """Keep such sessions here, and bring requests to those of any node.

    Args:
        control: the way to other nodes. whereabouts: which node has which session.
    """

    __slots__ = (
        "_control",
        "_held",
        "_here",
        "_idle",
        "_looking",
        "_relay",
        "_whereabouts",
        "_work",
    )

    def __init__(self, control: Control, whereabouts: Whereabouts) -> None:
        self._control = control
        self._whereabouts = whereabouts
        self._here: dict[str, IntermittentConnection] = {}
        self._relay = Relay(control)
        self._looking: set[str] = set()
        self._work: set[asyncio.Future[None]] = set()
        self._idle = Patience[IntermittentConnection](DELAY_S, IntermittentConnection.expire)
        self._held = Patience[IntermittentConnection](HOLD_S, IntermittentConnection.beat)
        control.on(RECEIVE, self._carry_receive)
        control.on(_TAKE, self._carry_take)
        control.on(INTERRUPT, self._carry_interrupt)
        control.on(RELEASE, self._carry_release)

    def __len__(self) -> int:
        return len(self._here)

    def has_room(self, key: str) -> bool:
        """Tell whether a request can be served: its session is here, or there is room for another one."""
        return key in self._here or len(self._here) < SESSIONS_LIMIT

    # ── requests that receive (sessions.polls.receiving.Host) ─────────────────────────────────────────

    def arrive(self, receiver: StreamReceiver) -> None:
        """Bring a request to its session, or begin one."""
        if not self._attach(receiver):
            receiver.work = work = start(self._look(receiver))
            self._work.add(work)
            work.add_done_callback(self._work.discard)

    def lose(self, receiver: StreamReceiver) -> None:
        """Learn that a client gave up a request."""
        if receiver.connection is not None:
            receiver.connection.give_up(receiver)
        elif receiver.work is not None:
            receiver.work.cancel()

    def _attach(self, receiver: StreamReceiver) -> bool:
        connection = self._here.get(receiver.key)
        if connection is None:
            return False
        receiver.join(connection)
        return True

    async def _look(self, receiver: StreamReceiver) -> None:
        """Find the session of a request; where there is none, begin it here."""
        key = receiver.key
        if key in self._looking:
            receiver.say(OCCUPIED)
            return
        self._looking.add(key)
        try:
            for node in await self._whereabouts.find(key):
                if await self._relay.bring(receiver, node):
                    return
            await self._whereabouts.settle(key)
        except BrokerUnavailable as fault:
            _log.info("a session could not be looked for", fault=str(fault))
            receiver.say(NOT_NOW)
            return
        finally:
            self._looking.discard(key)
        self._begin(receiver)

    def _begin(self, receiver: StreamReceiver) -> None:
        if receiver.candidate is None:
            receiver.say(SHUTDOWN)
            self._whereabouts.leave(receiver.key)
            return
        session = receiver.candidate()
        entries = session.services.entries
        if entries.polled.is_full(session.peer) or entries.connections.refuse(session.peer):
            receiver.say(CROWDED)
            self._whereabouts.leave(receiver.key)
            return
        entries.polled.add(session.peer)
        connection = IntermittentConnection(receiver.key, session, self)
        self._here[receiver.key] = connection
        session.opened(connection)
        self._attach(receiver)

    def hurry(self) -> None:
        """Have requests end whose sessions are on other nodes: this one stops (see `Relay.hurry`)."""
        self._relay.hurry()

    @property
    def untold(self) -> bool:
        """Tell whether there are clients that were not told yet why their sessions ended."""
        return any(connection.untold for connection in self._here.values())

    # ── requests that say something ─────────────────────────────────────────────────────────────

    async def take(self, key: str, messages: list[bytes]) -> Outcome:
        """Hand on what a client says, wherever its session is. Raises OrderFailed or BrokerUnavailable."""
        if key in self._here:
            return await self._take(key, messages)
        said = _encode(_Said(key, messages))
        for node in await self._whereabouts.find(key):
            try:
                answer = await self._control.call(node, _TAKE, said, FORWARDED_S + ANSWER_S)
            except NodeGone:
                continue
            if answer[0] != Outcome.UNKNOWN:
                return Outcome(answer[0])
        return Outcome.UNKNOWN

    async def _take(self, key: str, messages: list[bytes]) -> Outcome:
        connection = self._here.get(key)
        if connection is None:
            return Outcome.UNKNOWN
        if connection.session.is_busy():
            return Outcome.BUSY
        await connection.take(messages)
        return Outcome.DONE

    # ── between nodes ───────────────────────────────────────────────────────────────────────────

    async def _carry_receive(self, payload: bytes) -> bytes:
        connection = self._here.get(payload.decode())
        if connection is None:
            return bytes((Outcome.UNKNOWN,))
        receiver = OrderedReceiver()
        connection.receive(receiver)
        await asyncio.wait((receiver.said,), timeout=FORWARDED_S)
        connection.let_go(receiver)  # which gives it nothing, if nothing was said
        return bytes((Outcome.DONE,)) + await receiver.said

    async def _carry_take(self, payload: bytes) -> bytes:
        said = _decode(payload)
        return bytes((await self._take(said.key, said.messages),))

    def _carry_interrupt(self, payload: bytes) -> bytes:
        connection = self._here.get(payload.decode())
        if connection is not None:
            connection.interrupt()
        return b""

    def _carry_release(self, payload: bytes) -> bytes:
        connection = self._here.get(payload.decode())
        if connection is not None:
            connection.release()
        return b""

    # ── their time (sessions.polls.intermittent.Keeper) ───────────────────────────────────────────────

    def left(self, connection: IntermittentConnection) -> None:
        """Begin to count: no request waits any more."""
        self._held.end(connection)
        self._idle.begin(connection)

    def joined(self, connection: IntermittentConnection) -> None:
        """Stop counting: a request waits."""
        self._idle.end(connection)
        self._held.begin(connection)

    def forget(self, connection: IntermittentConnection) -> None:
        """Let a session go."""
        self._held.end(connection)
        self._idle.end(connection)
        if self._here.pop(connection.key, None) is not None:
            session = connection.session
            session.services.entries.polled.drop(session.peer)
            self._whereabouts.leave(connection.key)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Said).decode
