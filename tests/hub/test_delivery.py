from __future__ import annotations

import pytest

from hubbub.brokers.contract import Entry
from hubbub.dialects.text import PLAIN, PlainRenderer
from hubbub.hub.channels import Channel, Step
from hubbub.hub.contract import Statistics
from hubbub.hub.delivery import Delivery
from hubbub.hub.encoding import Encoding, Turn
from hubbub.hub.envelope import Published, encode
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import Kind, Packet, Position, Publication
from tests.fakes.carrier import Carrier, lines
from tests.hub.stage import turn


class Floor:
    """One live channel with one listener."""

    def __init__(self, namespace: Namespace) -> None:
        self.statistics, self.broken = Statistics(), list[Channel]()
        self.delivery = Delivery(self.statistics, HubSettings(backlog_limit=20))
        self.delivery.heal = self.broken.append
        self.channel, self.carrier = Channel("room", namespace, 8), Carrier()
        self.channel.move(Step.CONFIRMED)
        self.channel.jump(Position("e", 0))
        self.channel.move(Step.SYNCED)
        self.channel.audience.add(Encoding(PLAIN, lines, joins=False), "s", self.carrier.write)

    def take(self, offset: int, previous: int | None = None) -> None:
        said = encode(Published(str(offset).encode(), Kind.TEXT))
        before = offset - 1 if previous is None else previous
        self.delivery.take(self.channel, Entry("e", offset, offset, before, 0, said))


async def test_what_comes_in_one_turn_is_written_once_at_its_end() -> None:
    floor = Floor(Namespace())
    floor.take(1)
    floor.take(2)
    assert floor.carrier.data == b""
    await turn()
    assert floor.carrier.lines() == ["1", "2"]
    assert (floor.statistics.entries, floor.statistics.delivered) == (2, 2)


async def test_what_was_seen_is_dropped_and_what_breaks_the_chain_is_held_for_healing() -> None:
    floor = Floor(Namespace())
    for offset in (1, 1, 3):
        floor.take(offset)
    await turn()
    assert floor.carrier.lines() == ["1"]
    assert (floor.statistics.duplicates, floor.broken) == (1, [floor.channel])
    assert [entry.offset for entry in floor.channel.held] == [3]


async def test_without_history_a_gap_is_counted_and_passed_over() -> None:
    floor = Floor(Namespace(history_size=0))
    floor.take(1)
    floor.take(5)
    floor.take(6)
    await turn()
    assert floor.carrier.lines() == ["1", "5", "6"]
    assert (floor.statistics.resyncs, floor.broken) == (1, [])


async def test_unreadable_messages_are_skipped_and_counted() -> None:
    floor = Floor(Namespace())
    floor.delivery.take(floor.channel, Entry("e", 1, 1, 0, 0, b"\xc1"))
    floor.delivery.announce(floor.channel, b"\xc1")
    floor.take(2)
    await turn()
    assert (floor.carrier.lines(), floor.statistics.unreadable) == (["2"], 2)


async def test_flushing_early_leaves_nothing_for_the_end_of_the_turn() -> None:
    floor = Floor(Namespace())
    floor.take(1)
    floor.delivery.flush(floor.channel)
    assert floor.carrier.lines() == ["1"]
    await turn()
    assert floor.carrier.lines() == []


async def test_somebody_looks_whenever_a_reader_may_have_fallen_behind() -> None:
    floor, looks = Floor(Namespace()), list[bytes]()
    floor.delivery.relieve = lambda: looks.append(floor.carrier.data)
    for offset in range(1, 10):
        floor.take(offset)
        await turn()
    # Ten bytes are five lines of two; whoever looks finds all of the turn written.
    assert looks == [b"1\n2\n3\n4\n5\n"]


async def test_a_channel_that_fails_does_not_silence_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivery = Delivery(Statistics(), HubSettings())
    carrier, shown = Carrier(), Encoding(PLAIN, lines, joins=False)
    bad, good = (Channel(name, Namespace(), 8) for name in ("bad", "good"))
    for channel in (bad, good):
        channel.audience.add(shown, "s", carrier.write)
    say = shown.say

    def say_or_fail(_: Encoding, said: Turn) -> tuple[bytes, int]:
        if said.channel == "bad":
            raise ValueError("a bug")
        return say(said)

    monkeypatch.setattr(Encoding, "say", say_or_fail)
    for number in (b"1", b"2"):
        delivery.put(bad, Publication(number, Kind.TEXT))
        delivery.put(good, Publication(number, Kind.TEXT))
        await turn()
    assert carrier.lines() == ["1", "2"]


class Passing(PlainRenderer):
    """Show what each publication came behind."""

    def publication(self, channel: str, publication: Publication) -> Packet:
        return Packet(repr(publication.behind).encode())


@pytest.mark.parametrize(
    ("namespace", "behind"),
    [(Namespace(), Position("e", 1, 1)), (Namespace(history_size=0), None)],
)
async def test_what_is_not_kept_says_behind_which_message_it_came(
    namespace: Namespace, behind: Position | None
) -> None:
    floor = Floor(namespace)
    floor.channel.audience.add(Encoding(Passing(), lines, False), "p", floor.carrier.write)
    floor.take(1)
    await turn()
    floor.carrier.data = b""
    floor.delivery.announce(floor.channel, encode(Published(b"x", Kind.TEXT)))
    await turn()
    assert floor.carrier.lines() == ["x", repr(behind)]
