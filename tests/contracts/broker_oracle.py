"""A log so simple that it is right at sight, and a way to lead an engine through the same life beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from hubbub.brokers.contract import HistoryQuery, Log, Outcome
from hubbub.model import Position, Retention
from tests.contracts.broker_stage import Cluster, Recorder

CHANNELS = ("a", "b")
READER = Retention(size=100, age_s=50.0)
"""What readers ask with; writers vary."""

Step = tuple[str, str, int, int]
"""A verb, a channel, and two numbers whose meaning is the verb's."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["publish"] * 5 + ["keyed", "recover", "recover", "history", "remove", "wait"]
        ),
        st.sampled_from(CHANNELS),
        st.integers(0, 6),
        st.integers(0, 12),
    ),
    min_size=5,
    max_size=60,
)


@dataclass
class Line:
    """Everything that was ever published in a channel, and what of it is kept."""

    payloads: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    kept_from: int = 1
    keys: dict[int, tuple[int, float]] = field(default_factory=dict)


class Oracle:
    """Say what a log must answer; time is passed in."""

    def __init__(self, idempotency_s: float) -> None:
        self.lines = {channel: Line() for channel in CHANNELS}
        self.idempotency_s = idempotency_s

    def publish(
        self, channel: str, payload: bytes, size: int, now: float, key: int
    ) -> tuple[int, bool]:
        """Return the offset, and whether it is that of an earlier publish with the key."""
        line = self.lines[channel]
        if key in line.keys and now < line.keys[key][1] + self.idempotency_s:
            return line.keys[key][0], True
        line.payloads.append(payload)
        line.times.append(now)
        offset = len(line.payloads)
        line.kept_from = max(line.kept_from, offset - size + 1)
        if key >= 0:
            line.keys[key] = (offset, now)
        return offset, False

    def kept(self, channel: str, now: float) -> list[int]:
        """Return the offsets that a reader may see."""
        line = self.lines[channel]
        offsets = range(line.kept_from, len(line.payloads) + 1)
        return [offset for offset in offsets if line.times[offset - 1] > now - READER.age_s]

    def recover(
        self, channel: str, since: int, limit: int, now: float
    ) -> tuple[Outcome, list[int]]:
        """Return the outcome and the offsets after a position of the right epoch."""
        top = len(self.lines[channel].payloads)
        missing = list(range(since + 1, top + 1))
        if since > top:
            return Outcome.AHEAD, []
        if len(missing) > limit:
            return Outcome.TOO_MANY, []
        if not set(missing) <= set(self.kept(channel, now)):
            return Outcome.GAP, []
        return Outcome.OK, missing


class Comparison:
    """A broker and the oracle in the same life."""

    def __init__(self, cluster: Cluster, log: Log) -> None:
        self.cluster = cluster
        self.log = log
        self.oracle = Oracle(cluster.idempotency_s)
        self.now = 0.0

    async def step(self, number: int, step: Step) -> None:
        """Take a step, and assert that both answer alike, and keep alike."""
        verb, channel, one, two = step
        if verb in ("publish", "keyed"):
            await self.publish(channel, b"%d" % number, two % 5, one if verb == "keyed" else -1)
        elif verb == "recover":
            await self.recover(channel, two, one)
        elif verb == "history":
            await self.history(channel, HistoryQuery(one, None if two > 10 else two, bool(two % 2)))
        elif verb == "remove":
            await self.log.remove_history(channel)
            line = self.oracle.lines[channel]
            line.kept_from = len(line.payloads) + 1
        else:
            seconds = two % 3 * 25.0
            await self.cluster.elapse(seconds)
            self.now += seconds
        await self.history(channel, HistoryQuery(1000))

    async def publish(self, channel: str, payload: bytes, size: int, key: int) -> None:
        """Publish; a key below 0 is none."""
        retention = Retention(size, READER.age_s)
        stored = await self.log.publish(channel, payload, retention, str(key) if key >= 0 else "")
        answer = (stored.position.offset, stored.duplicate)
        assert self.oracle.publish(channel, payload, size, self.now, key) == answer

    async def recover(self, channel: str, since: int, limit: int) -> None:
        """Recover from an offset."""
        (place,) = await self.log.tops([channel])
        found = await self.log.recover(channel, Position(place.epoch, since), limit, READER)
        answer = (found.outcome, [entry.offset for entry in found.entries])
        assert self.oracle.recover(channel, since, limit, self.now) == answer
        assert place == found.top

    async def history(self, channel: str, query: HistoryQuery) -> None:
        """Read a page."""
        page = await self.log.history(channel, query, READER)
        kept, since = self.oracle.kept(channel, self.now), query.since
        if query.reverse:
            expected = [offset for offset in reversed(kept) if since is None or offset < since]
        else:
            expected = [offset for offset in kept if since is None or offset > since]
        assert expected[: query.limit] == [entry.offset for entry in page.entries]


async def compare(cluster: Cluster, steps: list[Step]) -> None:
    """Lead a broker of a fresh cluster through `steps`, and assert the oracle's answers at each."""
    broker, seen = cluster.make_broker(), Recorder()
    await broker.start("compared", seen)
    await broker.feed.subscribe(CHANNELS)
    comparison = Comparison(cluster, broker.log)
    for number, step in enumerate(steps):
        await comparison.step(number, step)
    for channel, line in comparison.oracle.lines.items():
        assert line.payloads == seen.payloads(channel)
        entries = seen.entries(channel)
        assert [0, *(entry.tag for entry in entries)][:-1] == [entry.previous for entry in entries]
    await broker.close()
