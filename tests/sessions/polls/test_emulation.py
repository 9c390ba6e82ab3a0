from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.errors import NORMAL
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import OrderFailed
from hubbub.model import Packet
from hubbub.sessions.backlog import WAITING_LIMIT
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.polls.emulation import ORDER, Emulation, Outcome, Said
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.hub.stage import Stage, turn
from tests.sessions.cluster import pair_of
from tests.sessions.stage import Floor


class Node:
    """A node with sessions, and the way to it."""

    def __init__(self, place: Stage, name: str) -> None:
        self.floor = Floor(place, SessionLimits(), trusting=True)
        self.control = Control(place.broker, name, place.clock)
        place.hub.admit(self.control.names, self.control)
        self.emulation = Emulation(self.floor.registry, self.floor.services.seal, self.control)

    def open(self) -> tuple[Session, Carrier, str]:
        """Open a stream that has introduced itself; give the secret that it was told too."""
        session, carrier = self.floor.open(CentrifugeDialect(JSON), says_close=False)
        session.received(Packet(b'{"id":1,"connect":{}}'))
        (connected,) = carrier.lines()
        return session, carrier, json.loads(connected)["connect"]["session"]


nodes = partial(pair_of, Node)
"""Run two nodes of one cluster."""


def history(number: int) -> str:
    return json.dumps({"id": number, "history": {"channel": "room"}})


@pytest.mark.parametrize("at", [0, 1])
async def test_what_is_said_anywhere_arrives_in_order(at: int) -> None:
    async with nodes() as pair:
        _, carrier, secret = pair[0].open()
        said = [Said("n1", secret, history(number).encode()) for number in range(2, 12)]
        outcomes = await asyncio.gather(*(pair[at].emulation.bring(each) for each in said))
        await turn(20)
        assert outcomes == [Outcome.TAKEN] * 10
        assert [json.loads(line)["id"] for line in carrier.lines()] == list(range(2, 12))


@pytest.mark.parametrize("at", [0, 1])
async def test_a_wrong_name_finds_nobody(at: int) -> None:
    async with nodes() as pair:
        session, carrier, secret = pair[0].open()
        public = session.id
        for node, name in (
            ("n1", ""),
            ("n1", public),
            ("n1", f"{public}."),
            ("n1", secret[:-1]),
            ("n2", secret),
            ("n3", secret),
            ("", secret),
        ):
            said = Said(node, name, history(2).encode())
            assert await pair[at].emulation.bring(said) is Outcome.NOBODY
        session.closed(NORMAL)
        assert await pair[at].emulation.bring(Said("n1", secret, b"{}")) is Outcome.GONE
        assert carrier.lines() == []


async def test_who_has_too_much_waiting_is_told() -> None:
    async with nodes() as (one, two):
        _, carrier, secret = one.open()
        flood = "\n".join(history(number) for number in range(2, WAITING_LIMIT + 3))
        said = Said("n1", secret, flood.encode())
        gate = one.floor.node.broker.moody.gate = asyncio.Event()
        assert await one.emulation.bring(said) is Outcome.TAKEN
        assert await one.emulation.bring(said) is Outcome.BUSY
        gate.set()
        await turn(3 * WAITING_LIMIT)
        assert len(carrier.lines()) == WAITING_LIMIT + 1
        assert await two.emulation.bring(said) is Outcome.TAKEN


async def test_bytes_stay_bytes_on_their_way() -> None:
    async with nodes() as (one, two):
        session, _, secret = one.open()
        assert await two.emulation.bring(Said("n1", secret, b"\xff", binary=True)) is Outcome.TAKEN
        assert session.gone  # it speaks JSON, so that this broke its protocol


async def test_a_nonsensical_order_fails() -> None:
    async with nodes() as (_, two):
        with pytest.raises(OrderFailed):
            await two.control.call("n1", ORDER, b"nonsense")


def test_what_is_said_is_not_shown() -> None:
    assert repr(Said("n1", "s.secret", b"hello")) == "Said(node='n1', 5 bytes)"
