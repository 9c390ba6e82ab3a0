"""Who is silent for too long is asked for a sign of life, and then given up."""

from __future__ import annotations

from hubbub import errors
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.model import Packet
from hubbub.sessions.limits import SessionLimits
from tests.sessions.stage import floor


async def test_a_silent_peer_is_pinged_and_then_given_up() -> None:
    async with floor(SessionLimits(ping_interval_s=5, keepalive_s=5, idle_s=12)) as place:
        ann, at_ann = place.plain()
        place.tick(10)
        assert at_ann.pings in (1, 2)  # the first look may come too soon
        ann.heard()
        place.tick(10)
        assert at_ann.closes == []
        place.tick(10)
        assert at_ann.closes == [errors.NO_PONG]


class Mute(CentrifugeDialect):
    """A dialect whose clients cannot answer its pings."""

    __slots__ = ()
    pongs: bool = False


async def test_where_pings_are_not_answered_the_carrier_tells_who_is_there() -> None:
    async with floor(SessionLimits(ping_interval_s=5, keepalive_s=5, idle_s=12)) as place:
        ann, at_ann = place.open(Mute(JSON))
        ann.received(Packet(b'{"id":1,"connect":{}}'))
        at_ann.lines()
        for _ in range(4):
            place.tick(5)
            ann.heard()
        assert (at_ann.lines(), at_ann.pings) == (["{}"] * 4, 4)
        place.tick(20)
        assert at_ann.closes == [errors.NO_PONG]


async def test_without_pings_nobody_is_pinged_or_given_up() -> None:
    async with floor(SessionLimits(ping_interval_s=0)) as place:
        _, at_ann = place.plain()
        place.tick(200)
        assert (at_ann.pings, at_ann.closes) == (0, [])


async def test_a_transport_is_pinged_only_when_silent_for_the_keepalive_time() -> None:
    async with floor() as place:
        ann, at_ann = place.plain()
        pings = 0
        for _ in range(500):
            place.tick(1)
            if at_ann.pings > pings:
                pings = at_ann.pings
                ann.heard()
        assert at_ann.pings in (9, 10)  # every 50 s, the first one after 27 to 51 s
        assert at_ann.closes == []


async def test_while_the_server_did_not_run_nobody_was_silent() -> None:
    """As after a night in a closed laptop, or on a machine that others held up."""
    async with floor(SessionLimits(ping_interval_s=5, keepalive_s=5, idle_s=12)) as place:
        (_, at_ann), (_, at_bob) = place.plain("ann"), place.open(CentrifugeDialect(JSON))
        for _ in range(5):
            place.node.clock.jump(3600.0)
            place.registry.tick(place.node.clock.monotonic())
        assert at_ann.closes == at_bob.closes == []
        place.tick(20)
        assert at_ann.closes == [errors.NO_PONG]
