"""A log so simple that it is right at sight, and a way to lead an engine through the same life beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from hubbub.brokers.contract import HistoryQuery, Outcome
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


async def compare(cluster: Cluster, steps: list[Step]) -> None:
    """Lead a broker of a fresh cluster through `steps`, and assert the oracle's answers at each."""
    broker, seen = cluster.make_broker(), Recorder()
    await broker.start("compared", seen)
    await broker.feed.subscribe(CHANNELS)
    log = broker.log
    oracle, now = Oracle(cluster.idempotency_s), 0.0
    for number, (verb, channel, one, two) in enumerate(steps):
        payload = b"%d" % number
        top = len(oracle.lines[channel].payloads)
        if verb in ("publish", "keyed"):
            key = one if verb == "keyed" else -1
            retention = Retention(two, READER.age_s)
            stored = await log.publish(channel, payload, retention, str(key) if key >= 0 else "")
            answer = (stored.position.offset, stored.duplicate)
            assert oracle.publish(channel, payload, two, now, key) == answer
        elif verb == "recover":
            (place,) = await log.tops([channel])
            found = await log.recover(channel, Position(place.epoch, two), one, READER)
            outcome, offsets = oracle.recover(channel, two, one, now)
            assert (outcome, offsets) == (found.outcome, [entry.offset for entry in found.entries])
            assert top == found.top.offset
        elif verb == "history":
            since = None if two > 10 else two
            page = await log.history(channel, HistoryQuery(one, since, bool(two % 2)), READER)
            kept = oracle.kept(channel, now)
            if two % 2:
                expected = [offset for offset in reversed(kept) if since is None or offset < since]
            else:
                expected = [offset for offset in kept if since is None or offset > since]
            assert expected[:one] == [entry.offset for entry in page.entries]
        elif verb == "remove":
            await log.remove_history(channel)
            oracle.lines[channel].kept_from = top + 1
        else:
            await cluster.elapse(two * 5.0)
            now += two * 5.0
    for channel, line in oracle.lines.items():
        assert line.payloads == seen.payloads(channel)
        entries = seen.entries(channel)
        assert [0, *(entry.tag for entry in entries)][:-1] == [entry.previous for entry in entries]
    await broker.close()
