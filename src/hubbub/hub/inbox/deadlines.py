"""Telling the application of messages that no device has acknowledged in time, for a push to a phone, say.

Before a message is stored, a note is written that its user is to be looked at when the deadline has passed,
in the record of that second: the first names of records are what is due. Every node looks, one claims a
second and works through it. What remains of a node that died meanwhile is claimed by another one when the
claim is over. A note is removed when the application has taken what there was to tell, or there was nothing.

    inbox-due:<second>      user -> how often the application did not take it
    inbox-claim:<second>    claim -> "<node> <until, in ms since 1970>"

A note is kept for as long as there may be a message to tell of, and a claim a little longer than it holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from hubbub.brokers.records import Life, Records, number_of
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable, HubbubError
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.values import Overdue
from hubbub.model import UserId

_log = structlog.get_logger(__name__)

DUE = "inbox-due:"
CLAIM, _FIELD = "inbox-claim:", "claim"

CLAIM_MS = 30_000
"""For how long a node has a second to itself."""
_CLAIMED = Life(2 * CLAIM_MS / 1000)
SECONDS_AT_ONCE = 100
"""Seconds that one look goes through."""
USERS_AT_ONCE = 16
"""Users that are looked at side by side."""
RETRIES = 12
"""How often the application is told again; after them it is not."""
LONGEST_S = 60
"""Seconds until it is told again, doubling up to this."""

Tell = Callable[[Overdue], Awaitable[None]]
"""Tell the application, and return when it has taken it. Raises a HubbubError where it has not."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A second that this node has claimed."""

    name: str
    claim: bytes
    until_ms: int


class Deadlines:
    """Look after messages that nobody acknowledges.

    Args:
        inbox: where they are. records: where notes are. node: this node's name. clock: the time.
    """

    def __init__(self, inbox: Inbox, records: Records, node: str, clock: Clock) -> None:
        self._inbox = inbox
        self._noting = Life(inbox.settings.ack_s + inbox.settings.ttl_s)
        self._records = records
        self._node = node
        self._clock = clock
        self._tell: Tell | None = None
        self._noted: set[UserId] = set()
        self._second = ""
        self._looking: asyncio.Task[None] | None = None

    def begin(self, tell: Tell | None) -> None:
        """Look from now on, where the application wants to be told."""
        self._tell = tell
        if tell is not None:
            self._inbox.due = self.note

    async def note(self, user: UserId) -> None:
        """Have a user looked at when the deadline of a message that is sent now has passed."""
        due = _second(self._clock.epoch_ms() + self._inbox.settings.ack_s * 1000)
        if due != self._second:
            self._second = due
            self._noted.clear()
        if user not in self._noted:
            await self._records.put_new(due, user, b"0", self._noting)
            if due == self._second:
                self._noted.add(user)

    def tick(self) -> None:
        """Look for what is due, unless this is being done; called about once a second."""
        if self._tell is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Look no more; what was begun, another node ends."""
        self._inbox.due = None
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait((self._looking,))

    async def _look(self) -> None:
        try:
            present = _second(self._clock.epoch_ms() - 1000)
            for name in await self._records.names(DUE, "", SECONDS_AT_ONCE):
                if name > present:
                    break
                duty = await self._claim(name)
                if duty is not None:
                    await self._work(duty)
        except BrokerUnavailable as fault:
            _log.debug("what is due waits for the broker", fault=str(fault))
        except Exception as fault:  # noqa: BLE001 - the next look must come all the same
            _log.error("what is due cannot be looked at", exc_info=fault)

    async def _claim(self, name: str) -> Duty | None:
        """Claim a second; None where another node has it."""
        now = self._clock.epoch_ms()
        until = now + CLAIM_MS
        claim, record = f"{self._node} {until}".encode(), _claim_on(name)
        if await self._records.put_new(record, _FIELD, claim, _CLAIMED):
            return Duty(name, claim, until)
        other = (await self._records.get(record)).get(_FIELD, b"")
        if number_of(other.rpartition(b" ")[2]) < now:
            await self._records.release(record, _FIELD, other)
            if await self._records.put_new(record, _FIELD, claim, _CLAIMED):
                return Duty(name, claim, until)
        return None

    async def _work(self, duty: Duty) -> None:
        """Look at the users of a second, for as long as it is this node's."""
        notes = [*(await self._records.get(duty.name)).items()]
        for first in range(0, len(notes), USERS_AT_ONCE):
            if self._clock.epoch_ms() > duty.until_ms - CLAIM_MS // 2:
                break  # the rest is claimed anew, by whoever comes first
            some = notes[first : first + USERS_AT_ONCE]
            await asyncio.gather(*(self._look_at(user, number_of(tries)) for user, tries in some))
            await self._records.remove(duty.name, [user for user, _ in some])
        await self._records.release(_claim_on(duty.name), _FIELD, duty.claim)

    async def _look_at(self, user: UserId, tries: int) -> None:
        """Tell what is overdue of a user; what is left to be done gets a note of its own."""
        ack_ms = int(self._inbox.settings.ack_s * 1000)
        now = self._clock.epoch_ms()
        found = await self._inbox.overdue(user, now - ack_ms)
        if found.messages and self._tell is not None:
            try:
                await self._tell(found)
            except HubbubError as fault:
                await self._again(user, tries, fault)
                return
        if found.upto and (found.messages or found.more):
            await self._inbox.told(user, found.upto, found.top.epoch)
        if found.more or found.next_ms:
            wait_ms = max(1000, found.next_ms + ack_ms - now) if found.next_ms else 0
            await self._records.put_new(_second(now + wait_ms), user, b"0", self._noting)

    async def _again(self, user: UserId, tries: int, fault: HubbubError) -> None:
        if tries >= RETRIES:
            _log.error("the application takes nothing about an inbox", user=user, fault=str(fault))
            return
        wait_ms = 1000 * min(2**tries, LONGEST_S)
        due = _second(self._clock.epoch_ms() + wait_ms)
        await self._records.put(due, user, b"%d" % (tries + 1), self._noting)


def _second(at_ms: float) -> str:
    """Return the record of the second that follows a time; names sort as times do."""
    return f"{DUE}{int(at_ms) // 1000 + 1:012}"


def _claim_on(name: str) -> str:
    """Return the record of who has claimed a second."""
    return CLAIM + name.removeprefix(DUE)
