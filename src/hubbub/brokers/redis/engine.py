"""The Redis engine: a command connection, a subscription connection, and the probe that watches both."""

from __future__ import annotations

import asyncio

from structlog import get_logger

from hubbub.brokers.contract import Feed, Health, Log, Presence, Receiver, Stored
from hubbub.brokers.records import Records
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.delivery import Delivery
from hubbub.brokers.redis.feed import RedisFeed
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.log import RedisLog
from hubbub.brokers.redis.presence import RedisPresence
from hubbub.brokers.redis.probe import Probe, Step
from hubbub.brokers.redis.records import RedisRecords
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable

log = get_logger()

WATCHES_PER_SILENCE = 5
"""How often the probe is asked within the silence that it waits for."""
PROBE_TTL_S = 60.0
CLOSE_FLUSH_S = 2.0


class RedisBroker:
    """Speak to one Redis server: the log, the feed, presence and records of this node.

    Raises ConfigurationError when the settings are wrong.
    """

    log: Log
    feed: Feed
    presence: Presence
    records: Records

    def __init__(self, settings: RedisSettings, clock: Clock) -> None:
        self._address = parse_address(settings.url)
        self._clock = clock
        self._settings = settings
        self._tick_s = min(settings.probe_silence_s / WATCHES_PER_SILENCE, settings.sweep_s)
        layout = Layout(settings.prefix, self._address.database)
        self._commands = Commands(self._address, settings, clock)
        self.log = self._log = RedisLog(self._commands, layout, settings)
        self.feed = self._feed = RedisFeed(self._address, settings, self._commands, layout)
        self.presence = self._presence = RedisPresence(self._commands, layout, settings)
        self.records = self._records = RedisRecords(self._commands, layout)
        self._sweep_at = 0.0
        self._first_round: asyncio.Future[None] | None = None
        self._probe = self._new_probe()
        self._probe_channel = ""
        self._receiver: Receiver | None = None
        self._ticker: asyncio.TimerHandle | None = None

    async def start(self, node: str, receiver: Receiver) -> None:
        """Connect, take the lease of `node`, and deliver to `receiver`.

        Raises BrokerUnavailable, with a sentence for the operator, when Redis cannot be reached,
        refuses us or our writes, or when a publication does not come back to us.
        """
        self._probe = self._new_probe()
        self._probe_channel = f"!probe.{node}"
        self._receiver = receiver
        name = f"{self._settings.prefix}:{node}"
        try:
            await self._commands.open(f"{name}:commands")
            delivery = Delivery(receiver, self._take_probe, self._restored)
            await self._feed.open(f"{name}:feed", delivery, self._probe_channel)
            await self._presence.begin(node, receiver.on_restored)
            await self._make_first_round()
        except BaseException:
            await self._end()
            raise
        self._tick()
        log.info("redis broker started", node=node, address=str(self._address))

    def health(self) -> Health:
        """Tell whether publishing and the feed work, as last probed end to end."""
        reason = self._commands.reason or self._feed.reason or self._probe.failure
        return Health(not reason, reason, self._probe.round_trip_s)

    async def close(self) -> None:
        """Give up the lease, wait shortly for answers still missing, and end both connections."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        if not self._commands.reason:
            try:
                async with asyncio.timeout(CLOSE_FLUSH_S):
                    await self._presence.give_up()
            except (BrokerUnavailable, TimeoutError) as error:
                log.warning("node lease not given up, it runs out by itself", reason=str(error))
        await self._end()

    async def _end(self) -> None:
        await self._feed.close()
        await self._commands.close(CLOSE_FLUSH_S)

    # ── the probe ───────────────────────────────────────────────────────────

    def _new_probe(self) -> Probe:
        settings = self._settings
        return Probe(
            settings.probe_silence_s,
            settings.probe_timeout_s,
            settings.probe_every_s,
            self._clock.monotonic(),
        )

    async def _make_first_round(self) -> None:
        """Publish a probe and wait until it is back, so that a start is a proof."""
        self._first_round = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._settings.probe_timeout_s):
                await self._publish_probe()
                await self._first_round
        except TimeoutError as error:
            raise BrokerUnavailable(
                f"Redis at {self._address}: what is published does not come back on the feed"
            ) from error
        finally:
            self._first_round = None

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(self._tick_s, self._tick)
        now = self._clock.monotonic()
        if self._feed.take_heard():
            self._probe.heard(now)
        step = self._probe.step(now)
        if step is Step.SEND:
            self._publish_probe().add_done_callback(self._note_published)
        elif step is Step.RECONNECT:
            log.warning("redis probe lost", reason=self._probe.failure)
            self._commands.drop(self._probe.failure)
            self._feed.drop(self._probe.failure)
        if now >= self._sweep_at:
            self._sweep_at = now + self._settings.sweep_s
            self._records.sweep(self._settings.bounds.records_at_once).add_done_callback(
                self._note_swept
            )

    def _publish_probe(self) -> asyncio.Future[Stored]:
        payload = self._probe.sent(self._clock.monotonic())
        return self._log.probe(self._probe_channel, payload, PROBE_TTL_S)

    def _note_published(self, published: asyncio.Future[Stored]) -> None:
        """Keep why a probe could not be published; its deadline decides about the connections."""
        if not published.cancelled() and (error := published.exception()) is not None:
            self._probe.fail(str(error))

    def _note_swept(self, swept: asyncio.Future[int]) -> None:
        """Go on with the next tick where there may be more; what fails is done some time later."""
        if swept.cancelled() or swept.exception() is not None:
            return
        if swept.result() >= self._settings.bounds.records_at_once:
            self._sweep_at = 0.0

    def _take_probe(self, payload: bytes) -> None:
        if self._probe.returned(payload, self._clock.monotonic()) and self._first_round is not None:
            self._first_round.set_result(None)

    # ── after an interruption ───────────────────────────────────────────────

    def _restored(self) -> None:
        """Write the lease before the hub writes its members again: Redis may have come back empty."""
        self._presence.take_lease().add_done_callback(_note_lease)
        if self._receiver is not None:
            self._receiver.on_restored()


def _note_lease(written: asyncio.Future[bool]) -> None:
    if not written.cancelled() and (error := written.exception()) is not None:
        log.warning("node lease not written, the next renewal does it", reason=str(error))
