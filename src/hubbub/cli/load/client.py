"""Run a plan: open the crowd, publish, account for every delivery, and say what happened."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hubbub.cli.load import ledger
from hubbub.cli.load.connection import Connection
from hubbub.cli.load.latency import Latencies
from hubbub.cli.load.ledger import Faults, Ledger, Subscriber
from hubbub.cli.load.opening import close_crowd, open_crowd
from hubbub.cli.load.plan import LoadError, Plan

_LAST_LOOK_S = 0.1
"""How long to listen on when all is delivered, because a doubled message comes right behind."""
_WATCH_S = 0.25


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a run stands, for who watches: `phase` is "connecting", "publishing" or "draining"."""

    phase: str
    elapsed_s: float
    connected: int
    published: int
    delivered: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a run showed. Latencies are in milliseconds, `endings` counts why connections ended."""

    connections: int
    rooms: int
    connect_s: float
    published: int
    expected: int
    delivered: int
    seconds: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    faults: Faults
    complaints: dict[str, int]
    endings: dict[str, int]
    client_busy: float

    @property
    def per_second(self) -> float:
        """Return deliveries per second."""
        return self.delivered / self.seconds if self.seconds else 0.0

    @property
    def clean(self) -> bool:
        """Tell whether everybody got everything once and in order, and nobody was turned away."""
        unhurt = not self.faults and not self.endings and not self.complaints
        return unhurt and self.delivered > 0


class Run:
    """One run of a plan; it is the host of its connections."""

    def __init__(self, plan: Plan, watch: Callable[[Snapshot], None]) -> None:
        self._plan = plan
        self._watch = watch
        self._id = secrets.token_hex(4).encode()
        numbers = range(plan.crowd.connections)
        speakers = [number for number in numbers if plan.crowd.speaks(number)]
        self._speakers = speakers
        self._ledger = Ledger({number: plan.crowd.room_of(number) for number in speakers})
        self._subscribers = [self._ledger.subscriber(plan.crowd.room_of(n)) for n in numbers]
        self._connections: list[Connection] = []
        self._latencies = Latencies()
        self._complaints: Counter[str] = Counter()
        self._endings: Counter[str] = Counter()
        self._owed: Counter[int] = Counter()
        self._begun = self._last_ns = 0
        self._over = False

    # ── Host ────────────────────────────────────────────────────────────────────────────────────

    def heard(self, connection: Connection, text: bytes) -> None:
        """Account for what a text from the server holds."""
        now = time.monotonic_ns()
        found = ledger.tags(self._id, text)
        who: Subscriber = self._subscribers[connection.number]
        for tag in found:
            self._last_ns = now
            self._latencies.add(now - tag.stamp_ns)
            if self._ledger.deliver(who, tag) and self._plan.pace.in_flight:
                self._owe(tag.publisher)
        complaint = self._plan.target.speech.complaint(text)
        if complaint is not None:
            self._complaints[complaint] += 1

    def gone(self, connection: Connection, why: str) -> None:
        """Remember why a connection ended."""
        self._endings[why] += 1

    # ── publishing ──────────────────────────────────────────────────────────────────────────────

    def _owe(self, publisher: int) -> None:
        """Let a publisher speak again, once all that this loop turn delivers is counted."""
        if not self._owed:
            asyncio.get_running_loop().call_soon(self._pay)
        self._owed[publisher] += 1

    def _pay(self) -> None:
        owed, self._owed = self._owed, Counter()
        now = time.monotonic_ns()
        for publisher, count in owed.items():
            self._publish(publisher, [now] * count)

    def _publish(self, publisher: int, stamps: list[int]) -> None:
        """Publish one message for each stamp, unless the run is over or has made all it should."""
        plan, texts = self._plan, []
        room = plan.crowd.room_of(publisher)
        channel = plan.crowd.channel_of(room)
        for stamp in stamps:
            total = self._ledger.published
            if self._over or (plan.pace.messages and total >= plan.pace.messages):
                break
            tag = ledger.Tag(room, publisher, self._ledger.publish(publisher), stamp)
            message = ledger.message(self._id, tag, plan.pace.size)
            texts.append(plan.target.speech.publish(channel, tag.sequence, message))
        if texts:
            self._connections[publisher].say(*texts)

    async def _open_loop(self) -> None:
        """Publish at the plan's rate, each message stamped with the time when it was due."""
        gap_ns = 1e9 / self._plan.pace.rate
        made = 0
        while not self._over:
            now = time.monotonic_ns()
            due = int((now - self._begun) / gap_ns) + 1
            for number in range(made, due):
                stamp = self._begun + int(number * gap_ns)
                self._publish(self._speakers[number % len(self._speakers)], [stamp])
            made = max(made, due)
            await asyncio.sleep(max(self._begun + made * gap_ns - time.monotonic_ns(), 0) / 1e9)

    # ── the run ─────────────────────────────────────────────────────────────────────────────────

    async def go(self) -> Result:
        """Run the plan. Raises LoadError when it cannot begin."""
        start = time.monotonic()

        def opened(count: int) -> None:
            self._watch(Snapshot("connecting", time.monotonic() - start, count, 0, 0, 0))

        try:
            self._connections = await open_crowd(self._plan, self, opened)
            connect_s = time.monotonic() - start
            busy = time.process_time()
            await self._measure()
            busy = time.process_time() - busy
            took_s = (time.monotonic_ns() - self._begun) / 1e9
            return self._result(connect_s, busy / took_s)
        finally:
            self._over = True
            await close_crowd(self._connections)

    async def _measure(self) -> None:
        pace = self._plan.pace
        self._begun = self._last_ns = time.monotonic_ns()
        pump: asyncio.Task[None] | None = None
        if pace.rate:
            pump = asyncio.create_task(self._open_loop())
        else:
            for publisher in self._speakers:
                self._publish(publisher, [time.monotonic_ns()] * pace.in_flight)
        try:
            await self._until_over()
        finally:
            self._over = True
            if pump is not None:
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await pump
        while self._ledger.in_flight and self._hopeful():
            self._show("draining")
            await asyncio.sleep(min(_WATCH_S, 0.02))
        await asyncio.sleep(_LAST_LOOK_S)

    async def _until_over(self) -> None:
        """Wait until the time is up, all messages are out, or nothing arrives any more."""
        pace = self._plan.pace
        while (time.monotonic_ns() - self._begun) / 1e9 < pace.seconds:
            if pace.messages and self._ledger.published >= pace.messages:
                return
            if self._ledger.in_flight and not self._hopeful():
                return
            self._show("publishing")
            left = pace.seconds - (time.monotonic_ns() - self._begun) / 1e9
            await asyncio.sleep(max(min(_WATCH_S, left), 0))

    def _hopeful(self) -> bool:
        """Tell whether deliveries may still come."""
        silent_s = (time.monotonic_ns() - self._last_ns) / 1e9
        return silent_s < self._plan.pace.grace_s and (
            self._endings.total() < len(self._connections)
        )

    def _show(self, phase: str) -> None:
        account = self._ledger
        elapsed = (time.monotonic_ns() - self._begun) / 1e9
        connected = len(self._connections) - self._endings.total()
        self._watch(
            Snapshot(
                phase, elapsed, connected, account.published, account.delivered, account.in_flight
            )
        )

    def _result(self, connect_s: float, busy: float) -> Result:
        latencies = self._latencies
        return Result(
            connections=self._plan.crowd.connections,
            rooms=self._plan.crowd.rooms,
            connect_s=connect_s,
            published=self._ledger.published,
            expected=self._ledger.expected,
            delivered=self._ledger.delivered,
            seconds=max(self._last_ns - self._begun, 1) / 1e9,
            p50_ms=latencies.percentile_ms(0.5),
            p90_ms=latencies.percentile_ms(0.9),
            p99_ms=latencies.percentile_ms(0.99),
            max_ms=latencies.percentile_ms(1.0),
            faults=self._ledger.faults(),
            complaints=dict(self._complaints),
            endings=dict(self._endings),
            client_busy=busy,
        )


async def run(plan: Plan, watch: Callable[[Snapshot], None]) -> Result:
    """Run a plan and return what it showed; `watch` is told several times a second where it stands.

    Raises LoadError, with a sentence, when the run cannot begin.
    """
    try:
        return await Run(plan, watch).go()
    except TimeoutError:
        raise LoadError(
            f"not all of {plan.crowd.connections} connections could join within {plan.connect_s:g} s"
        ) from None
