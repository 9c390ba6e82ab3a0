from __future__ import annotations

from hubbub.errors import LOST, NORMAL
from hubbub.model import Packet
from hubbub.sessions.polls.receiving import StreamReceiver
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.sessions.sockjs_stage import nodes


class Host:
    """Remember who came and who was lost."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def arrive(self, receiver: StreamReceiver) -> None:
        self.told.append("arrived")

    def lose(self, receiver: StreamReceiver) -> None:
        self.told.append("lost")


def nobody() -> Session:
    raise AssertionError("no session is to begin")


def test_a_response_takes_so_much() -> None:
    host, response = Host(), Carrier()
    receiver = StreamReceiver("k1", nobody, 5, host)
    assert not receiver.is_open
    assert (receiver.take(b"early\n"), receiver.backlog()) == (False, 0)
    receiver.opened(response)
    response.unread = 3
    assert (receiver.is_open, receiver.backlog()) == (True, 3)
    assert receiver.take(b"o\n")
    assert not receiver.take(b"h\nh\n")
    receiver.finish()
    receiver.finish()
    assert response.closes == [NORMAL]
    assert response.data == b"o\n\nh\nh\n\n"
    receiver.closed(NORMAL)
    receiver.received(Packet(b"ignored"))
    assert host.told == ["arrived"]


def test_a_response_that_breaks_off_is_told() -> None:
    host = Host()
    receiver = StreamReceiver("k1", nobody, 0, host)
    receiver.opened(Carrier())
    receiver.closed(LOST)
    receiver.closed(LOST)
    assert host.told == ["arrived", "lost"]


async def test_a_slow_reader_slows_its_session() -> None:
    async with nodes() as (here, _):
        stream = await here.ask(limit=1000)
        registry = here.floor.registry
        stream.receiver.congested()
        assert len(registry.congested) == 1
        stream.receiver.drained()
        assert len(registry.congested) == 0
        stream.receiver.heard()
        elsewhere = StreamReceiver("k2", nobody, 0, Host())
        for tell in (elsewhere.congested, elsewhere.drained, elsewhere.heard):
            tell()
        assert len(registry.congested) == 0
