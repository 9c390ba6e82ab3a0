"""Requests of SockJS whose sessions are on other nodes: what is said there is brought to them here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from enum import IntEnum

import structlog

from hubbub.errors import BrokerUnavailable
from hubbub.framings.sockjs import frames
from hubbub.framings.sockjs.reception import DELAY_S
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import NodeGone, OrderFailed
from hubbub.sessions.polls.intermittent import INTERRUPTED
from hubbub.sessions.polls.receiving import StreamReceiver

_log = structlog.get_logger(__name__)

HOLD_S = 25.0
"""How long a request that takes a single frame waits for it; clients that use scripts give up after 35 s."""
FORWARDED_S = 10.0
"""How long one does for another node, which so notices when the session's node has died."""
ANSWER_S = 3.0
"""What the way between nodes may take beside that."""

RECEIVE, INTERRUPT, RELEASE = "sockjs.receive", "sockjs.interrupt", "sockjs.release"
_BEAT = frames.line(frames.HEARTBEAT)


class Outcome(IntEnum):
    """What became of a request on the session's node."""

    DONE = 0
    UNKNOWN = 1
    BUSY = 2
    """So much waits that a client would wait for its answer before it says more."""


class Relay:
    """Bring requests what sessions of other nodes say.

    Args:
        control: the way to them.
    """

    __slots__ = ("_away", "_control", "_stopping", "_work")

    def __init__(self, control: Control) -> None:
        self._control = control
        self._away: dict[StreamReceiver, str] = {}
        """Requests whose sessions are on other nodes, and on which."""
        self._stopping = False
        self._work: set[asyncio.Future[None]] = set()

    async def bring(self, receiver: StreamReceiver, node: str) -> bool:
        """Let a request take what a session of another node says; tell whether it has it.

        Raises BrokerUnavailable where the node cannot be asked.
        """
        key = receiver.key.encode()
        rounds = 0
        self._away[receiver] = node
        try:
            while receiver.is_open:
                if self._stopping:
                    receiver.part()
                    break
                if not await receiver.catches_up(DELAY_S):
                    self._break_off(receiver, node)
                    break
                answer = await self._control.call(node, RECEIVE, key, FORWARDED_S + ANSWER_S)
                if answer[0] == Outcome.UNKNOWN:
                    return False
                rounds += 1
                said = answer[1:]
                late = (rounds + 1) * FORWARDED_S > HOLD_S
                if not said and receiver.single and (late or self._stopping):
                    said = _BEAT
                if said and (not receiver.take(said) or said.startswith(b"c")):
                    receiver.finish()
        except (NodeGone, OrderFailed) as fault:
            _log.info("a session of another node cannot be reached", fault=str(fault))
            receiver.say(INTERRUPTED)
        except asyncio.CancelledError:
            self._break_off(receiver, node)
            raise
        finally:
            self._away.pop(receiver, None)
        return True

    def _break_off(self, receiver: StreamReceiver, node: str) -> None:
        """End a request whose client has left or does not read, and with it the session on its node."""
        receiver.finish()
        self._order(node, INTERRUPT, receiver.key)

    def hurry(self) -> None:
        """Have requests end whose sessions are on other nodes: this one stops, and they come again elsewhere.

        What is said meanwhile must not go with them, so that those nodes are asked to let go of them.
        """
        self._stopping = True
        for receiver, node in self._away.items():
            self._order(node, RELEASE, receiver.key)

    def _order(self, node: str, order: str, key: str) -> None:
        work = asyncio.ensure_future(_tried(self._control.call(node, order, key.encode())))
        self._work.add(work)
        work.add_done_callback(self._work.discard)


async def _tried(call: Awaitable[bytes]) -> None:
    try:
        await call
    except (BrokerUnavailable, NodeGone, OrderFailed) as fault:
        _log.debug("a session's node could not be told", fault=str(fault))
