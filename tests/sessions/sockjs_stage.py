"""Nodes with sessions of SockJS, whose requests have no sockets."""

from __future__ import annotations

import asyncio
from functools import partial

from hubbub.brokers.contract import Presence
from hubbub.dialects.text import TextDialect
from hubbub.errors import BrokerUnavailable
from hubbub.framings.sockjs.conversation import SockJsRequests
from hubbub.hub.nodes.control import Control
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.polls.receiving import StreamReceiver
from hubbub.sessions.polls.sockjs import SockJsSessions
from hubbub.sessions.polls.whereabouts import Whereabouts
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.hub.stage import Stage, turn
from tests.sessions.cluster import pair_of
from tests.sessions.stage import PLAIN, Floor

LOST = 1006


class MoodyPresence:
    """Presence which is away, or slow, when the test says so."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self.away = False
        self.slow: asyncio.Event | None = None

    async def members(self, channel: str) -> dict[str, bytes]:
        await self._wait()
        return await self._presence.members(channel)

    async def enter(self, channel: str, session: str, member: bytes) -> None:
        await self._wait()
        await self._presence.enter(channel, session, member)

    async def leave(self, channel: str, session: str) -> None:
        await self._wait()
        await self._presence.leave(channel, session)

    async def _wait(self) -> None:
        if self.slow is not None:
            await self.slow.wait()
        if self.away:
            raise BrokerUnavailable("it is away")


class Asked:
    """A request that receives, and its response."""

    def __init__(self, receiver: StreamReceiver) -> None:
        self.receiver = receiver
        self.response = Carrier()
        self.response.says_close = False
        receiver.opened(self.response)

    @property
    def is_over(self) -> bool:
        return bool(self.response.closes)

    def said(self) -> list[str]:
        return [line for line in self.response.lines() if line]


class Node:
    """A node."""

    def __init__(self, place: Stage, name: str) -> None:
        self.floor = Floor(place, SessionLimits(), trusting=True, name=name)
        self.control = Control(place.broker, name, place.clock)
        place.hub.admit(self.control.names, self.control)
        self.presence = MoodyPresence(place.broker.presence)
        self.sessions = SockJsSessions(self.control, Whereabouts(name, self.presence))

    async def ask(self, key: str = "k1", limit: int = 0) -> Asked:
        """Ask what there is for a session; `limit` bytes end the request, and 0 the first frame."""
        dialect = SockJsRequests(TextDialect(PLAIN, "room", "ann"))
        make = partial(Session, self.floor.services, dialect, handle)
        asked = Asked(StreamReceiver(key, make, limit, self.sessions))
        await turn(20)
        return asked


nodes = partial(pair_of, Node)
"""Run two nodes of one cluster."""
