"""Sessions that are polled, wherever a request lands: it names the node of its session, and goes there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import TypeAlias

import msgspec

from hubbub.errors import (
    BAD_REQUEST,
    TOO_MANY_REQUESTS,
    BrokerUnavailable,
    Elsewhere,
    ProtocolViolation,
)
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import NodeGone, OrderFailed
from hubbub.sessions.addresses import node_of
from hubbub.sessions.polls.polled import NOTHING, PolledConnection
from hubbub.sessions.polls.upgrade import Upgrade
from hubbub.sessions.seal import Seal
from hubbub.sessions.session import Session

POLLED_LIMIT = 100_000
"""Polled sessions of one node; they need no sockets that would count."""
HOLD_S = 50.0
"""How long a poll may wait for something to be said: many proxies give up after 60 s."""
FORWARDED_S = 10.0
"""How long one may that came to another node: so it notices when the session's node has died."""
ANSWER_S = 3.0
"""What the way between nodes may take beside that."""
_POLL, _TAKE, _HURRY = "poll", "polled", "poll.hurry"
_UNKNOWN = '{"code":1,"message":"Session ID unknown"}'


class Missed(IntEnum):
    """Why a request cannot be answered."""

    UNKNOWN = 1
    """There is no such session, or no such node."""
    WRONG = 2
    """What it says cannot be read."""


Said: TypeAlias = bytes | Missed | OrderFailed | BrokerUnavailable
"""What comes of a poll."""


class _Poll(msgspec.Struct, frozen=True, array_like=True):
    """A poll, or with a body something that the client says."""

    secret: str
    nonce: str = ""
    body: bytes = b""


class Polling:
    """Open polled sessions here, and bring requests to those of any node.

    Args:
        node: this node's name. seal: what the secrets of its sessions are made with.
        control: the way to other nodes.
    """

    __slots__ = ("_away", "_control", "_node", "_polled", "_seal", "_work")

    def __init__(self, node: str, seal: Seal, control: Control) -> None:
        self._node = node
        self._seal = seal
        self._control = control
        self._away: dict[asyncio.Task[None], tuple[str, _Poll, Callable[[Said], None]]] = {}
        """What brings the answers to polls for sessions of other nodes: where, which, and whom to tell."""
        self._work: set[asyncio.Task[None]] = set()
        self._polled: dict[str, PolledConnection] = {}
        control.on(_POLL, self._carry_poll)
        control.on(_TAKE, self._carry_take)
        control.on(_HURRY, self._carry_hurry)

    def __len__(self) -> int:
        return len(self._polled)

    @property
    def is_full(self) -> bool:
        """Tell whether there is no room for another session."""
        return len(self._polled) >= POLLED_LIMIT

    async def open(self, session: Session) -> bytes:
        """Begin a session, and return what its first poll is answered: the handshake."""
        connection = PolledConnection(session, self._forget)
        self._polled[session.id] = connection
        session.services.entries.polled.add(session.peer)
        session.opened(connection)
        return await connection.poll("", HOLD_S)

    def _forget(self, connection: PolledConnection) -> None:
        session = connection.session
        if self._polled.pop(session.id, None) is not None:
            session.services.entries.polled.drop(session.peer)

    # ── requests ────────────────────────────────────────────────────────────────────────────────

    def begin(self, sid: str, nonce: str, told: Callable[[Said], None]) -> Callable[[], object]:
        """Have `told` called once with what there is to be said to a client, now or later.

        Returns what to call when nobody wants to know any more.
        """
        node = node_of(sid)
        if node != self._node:
            return self._begin_away(node, _Poll(sid, nonce), told)
        polled = self._find(sid)
        if polled is None:
            told(Missed.UNKNOWN)
            return _nothing
        polled.wait(nonce, HOLD_S, told)
        return partial(polled.drop, told)

    def _begin_away(
        self, node: str, asked: _Poll, told: Callable[[Said], None]
    ) -> Callable[[], object]:
        async def bring() -> None:
            try:
                told(await self._forward(node, _POLL, asked, FORWARDED_S))
            except (OrderFailed, BrokerUnavailable) as fault:
                told(fault)

        task = asyncio.get_running_loop().create_task(bring())
        self._away[task] = node, asked, told
        task.add_done_callback(self._away.pop)
        return partial(task.cancel, None)

    def hurry(self) -> None:
        """Have polls answered whose sessions are on other nodes: this one stops, and they go on elsewhere."""
        for poll, (node, asked, told) in self._away.items():
            hurry = self._hurry(node, asked, poll, told)
            work = asyncio.get_running_loop().create_task(hurry)
            self._work.add(work)
            work.add_done_callback(self._work.discard)

    async def _hurry(
        self, node: str, asked: _Poll, poll: asyncio.Task[None], told: Callable[[Said], None]
    ) -> None:
        """Have a session's node answer a poll, which given up would take with it what is said meanwhile."""
        try:
            await self._control.call(node, _HURRY, _encode(asked))
        except (NodeGone, OrderFailed, BrokerUnavailable):
            poll.cancel()
            told(NOTHING)

    async def poll(self, sid: str, nonce: str) -> bytes | Missed:
        """Return what there is to be said to a client. Raises OrderFailed or BrokerUnavailable."""
        node = node_of(sid)
        if node == self._node:
            return await self._poll(_Poll(sid, nonce), HOLD_S)
        return await self._forward(node, _POLL, _Poll(sid, nonce), FORWARDED_S)

    async def take(self, sid: str, body: bytes) -> Missed | None:
        """Hand on what a client says; None says that it is there. Raises OrderFailed or BrokerUnavailable."""
        node = node_of(sid)
        if node == self._node:
            return await self._take(_Poll(sid, body=body))
        answer = await self._forward(node, _TAKE, _Poll(sid, body=body), FORWARDED_S)
        return answer if isinstance(answer, Missed) else None

    def upgrade(self, sid: str) -> Upgrade:
        """Return what takes a session over by a WebSocket.

        Raises ProtocolViolation where it is not polled here, and Elsewhere where it may be on another node:
        unless the WebSocket can be brought there, the client stays with polling.
        """
        node = node_of(sid)
        if node != self._node:
            raise Elsewhere(node, BAD_REQUEST, _UNKNOWN)
        polled = self._find(sid)
        if polled is None:
            raise ProtocolViolation(BAD_REQUEST, _UNKNOWN)
        return Upgrade(polled)

    def _find(self, secret: str) -> PolledConnection | None:
        polled = self._polled.get(self._seal.session(secret) or "")
        return None if polled is None or polled.moved else polled

    async def _poll(self, asked: _Poll, hold_s: float) -> bytes | Missed:
        polled = self._find(asked.secret)
        return Missed.UNKNOWN if polled is None else await polled.poll(asked.nonce, hold_s)

    async def _take(self, asked: _Poll) -> Missed | None:
        polled = self._find(asked.secret)
        if polled is None:
            return Missed.UNKNOWN
        if polled.session.is_busy():  # a client waits for the answer to what it said before
            polled.session.end(TOO_MANY_REQUESTS)
            return Missed.WRONG
        try:
            await polled.take(asked.body)
        except ProtocolViolation as fault:
            polled.session.end(fault.close)
            polled.leave()
            return Missed.WRONG
        return None

    # ── between nodes ───────────────────────────────────────────────────────────────────────────

    async def _forward(self, node: str, order: str, asked: _Poll, hold_s: float) -> bytes | Missed:
        try:
            answer = await self._control.call(node, order, _encode(asked), hold_s + ANSWER_S)
        except NodeGone:
            return Missed.UNKNOWN
        return Missed(answer[0]) if answer[0] else answer[1:]

    async def _carry_poll(self, payload: bytes) -> bytes:
        said = await self._poll(_decode(payload), FORWARDED_S)
        return bytes((said,)) if isinstance(said, Missed) else b"\0" + said

    def _carry_hurry(self, payload: bytes) -> bytes:
        polled = self._find(_decode(payload).secret)
        if polled is not None:
            polled.hurry()
        return b""

    async def _carry_take(self, payload: bytes) -> bytes:
        return bytes((await self._take(_decode(payload)) or 0,))


def _nothing() -> None:
    """Give up what is done."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Poll).decode
