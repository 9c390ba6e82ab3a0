"""Who was in a channel, and when; as users, whatever number of devices they have.

Somebody is online whose sessions are among the channel's members. A user who leaves counts as gone when a
few seconds later no session is there, on any node: a page that is loaded again is nobody's business. The
record of a channel has what outlasts that:

    people:<channel>     t:<user> -> last seen (ms since 1970), s:<user> -> the status that the user gave

It is kept only where something was published: else whoever may follow channels could fill the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta, Struct

from hubbub.brokers.records import Life, number_of
from hubbub.clock import Clock
from hubbub.errors import NOT_AVAILABLE, BrokerUnavailable, Refused
from hubbub.hub.hub import Hub
from hubbub.model import ChannelName, ClientInfo, UserId

_log = structlog.get_logger(__name__)

AWAY_S = 5.0
"""Seconds after which a user counts as gone of whom no session came back."""
AT_ONCE = 100
"""Users who are noted side by side."""
LEAVING_LIMIT = 100_000
"""Users whom a node gives time to come back; beyond it they are gone at once, and untold."""

LEAST_S = 1.0
"""Seconds that somebody is remembered at least; a life of 0 would be that of the channel."""

_encode = msgspec.json.Encoder().encode


class Status(Struct, omit_defaults=True):
    """What a user says of themselves: a word for programs, such as `away`, and a text for people."""

    state: str = ""
    text: str = ""


NO_STATUS = Status()
_STATUS = msgspec.json.Decoder(Status)

Say = Callable[[ChannelName, ClientInfo, bool, int], None]
"""Tell a channel that a user is online, or not any more since a time (ms since 1970)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of a channel: whether online, when last gone (ms since 1970; 0: not known), and the status."""

    online: bool = False
    seen: int = 0
    status: Status = NO_STATUS


class PersonResult(Struct, omit_defaults=True):
    """A user of a channel, as JSON."""

    online: Annotated[bool, Meta(description="A session of the user is there.")] = False
    seen: Annotated[
        int, Meta(description="When the user was last gone, in ms since 1970, if that is known.")
    ] = 0
    state: Annotated[str, Meta(description="A word that the user gave, such as `away`.")] = ""
    text: Annotated[str, Meta(description="A text that the user gave.")] = ""


def described(person: Person) -> PersonResult:
    """Return a user as JSON."""
    status = person.status
    return PersonResult(person.online, person.seen, status.state, status.text)


@dataclass(frozen=True, slots=True)
class _Leaving:
    info: ClientInfo
    at_ms: int
    due: float


def people_of(fields: Mapping[str, bytes], online: Collection[UserId]) -> dict[UserId, Person]:
    """Return what is known of a channel's people."""
    users = {name.partition(":")[2] for name in fields} | set(online)
    return {
        user: Person(
            user in online,
            number_of(fields.get(f"t:{user}")),
            _STATUS.decode(fields.get(f"s:{user}", b"{}")),
        )
        for user in users
    }


def forgotten(people: Mapping[UserId, Person], limit: int, before_ms: int = 0) -> list[str]:
    """Return the fields of those who are not there and were seen before a time, or for whom there is no room.

    There is room for `limit` people; those make it who were seen longest ago.
    """
    gone = sorted((person.seen, user) for user, person in people.items() if not person.online)
    surplus = len(people) - limit
    old = [user for at, (seen, user) in enumerate(gone) if at < surplus or 0 < seen < before_ms]
    return [f"{kind}:{user}" for user in old for kind in ("t", "s")]


class People:
    """Know who was in channels.

    Args:
        hub: the channels. clock: the time. say: tells a channel of a user.
    """

    def __init__(self, hub: Hub, clock: Clock, say: Say) -> None:
        self._hub = hub
        self._clock = clock
        self._life = Life(max(hub.settings.people_ttl_s, LEAST_S))
        self._say = say
        self._leaving: dict[tuple[ChannelName, UserId], _Leaving] = {}
        self._settling: asyncio.Task[None] | None = None
        hub.upkeep.watch_people(self.moved)

    def require(self, channel: ChannelName) -> None:
        """Return when a channel remembers its people. Raises Refused (108, and for a bad name)."""
        if not self._hub.namespaces.of_one(channel).people:
            raise Refused(NOT_AVAILABLE, "this channel does not remember who was there")

    def moved(self, channel: ChannelName, info: ClientInfo, present: bool) -> None:
        """Learn that a session came into a channel, or left it."""
        key = (channel, info.user)
        if not info.user:
            return
        if present:
            if self._leaving.pop(key, None) is None:
                self._say(channel, info, True, 0)
        elif len(self._leaving) < LEAVING_LIMIT:
            due = self._clock.monotonic() + AWAY_S
            self._leaving[key] = _Leaving(info, self._clock.epoch_ms(), due)

    async def of(self, channel: ChannelName) -> dict[UserId, Person]:
        """Return the people of a channel. Raises Refused (108) and BrokerUnavailable."""
        self.require(channel)
        members = await self._hub.members(channel)
        online = {info.user for info in members.values() if info.user}
        return people_of(await self._hub.broker.records.get(_record(channel)), online)

    async def describe(self, channel: ChannelName, user: UserId, status: Status) -> None:
        """Keep the status that a user gives, where something was published.

        Raises Refused (108) and BrokerUnavailable.
        """
        self.require(channel)
        if await self._is_used(channel):
            record, said = _record(channel), _encode(status)
            await self._hub.broker.records.put(record, f"s:{user}", said, self._life)

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """Look after those who did not come back; called about once a second."""
        if not self._leaving or (self._settling is not None and not self._settling.done()):
            return
        now = self._clock.monotonic()
        due = [key for key, each in self._leaving.items() if each.due <= now]
        if due:
            work = self._settle([(key[0], self._leaving.pop(key)) for key in due])
            self._settling = asyncio.get_running_loop().create_task(work)

    async def close(self) -> None:
        """Note when those were seen who are about to leave; whoever comes back does so elsewhere."""
        if self._settling is not None:
            await asyncio.wait((self._settling,))
        leaving = [(channel, each) for (channel, _), each in self._leaving.items()]
        self._leaving.clear()
        try:
            for first in range(0, len(leaving), AT_ONCE):
                some = leaving[first : first + AT_ONCE]
                await asyncio.gather(*(self._note(channel, each) for channel, each in some))
        except BrokerUnavailable as fault:
            _log.debug("nobody knows when they were seen", fault=str(fault))

    async def _settle(self, due: Iterable[tuple[ChannelName, _Leaving]]) -> None:
        channels: dict[ChannelName, list[_Leaving]] = {}
        for channel, each in due:
            channels.setdefault(channel, []).append(each)
        for channel, leaving in channels.items():
            try:
                await self._part(channel, leaving)
            except (BrokerUnavailable, Refused) as fault:
                _log.debug("nobody knows who has left", channel=channel, fault=str(fault))

    async def _part(self, channel: ChannelName, leaving: list[_Leaving]) -> None:
        """Note and tell who has left a channel for good."""
        members = await self._hub.members(channel)
        online = {info.user for info in members.values()}
        gone = [each for each in leaving if each.info.user not in online]
        for first in range(0, len(gone), AT_ONCE):
            some = gone[first : first + AT_ONCE]
            await asyncio.gather(*(self._note(channel, each) for each in some))
        for each in gone:
            self._say(channel, each.info, False, each.at_ms)
        records, record = self._hub.broker.records, _record(channel)
        before_ms = self._clock.epoch_ms() - self._life.ms
        limit = self._hub.settings.people_limit
        old = forgotten(people_of(await records.get(record), online), limit, before_ms)
        if old:
            await records.remove(record, old)

    async def _note(self, channel: ChannelName, each: _Leaving) -> None:
        if await self._is_used(channel):
            record, field = _record(channel), f"t:{each.info.user}"
            await self._hub.broker.records.raise_to(record, field, each.at_ms, self._life)

    async def _is_used(self, channel: ChannelName) -> bool:
        return (await self._hub.past.top(channel)).offset > 0


def _record(channel: ChannelName) -> str:
    return f"people:{channel}"
