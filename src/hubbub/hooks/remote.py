"""An application behind URLs: the questions and the events that go there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from hubbub.clock import Clock
from hubbub.hooks import answers
from hubbub.hooks.caller import Caller, Target
from hubbub.hooks.questions import Ask, question, told
from hubbub.hooks.settings import HookSettings
from hubbub.hub.contract import Statistics
from hubbub.hub.inbox.answers import reported
from hubbub.hub.inbox.values import Overdue, inbox_of
from hubbub.sessions.hooks import Client, Event, Hooks, UnacknowledgedHook

A = TypeVar("A", bound=Ask)
G = TypeVar("G")

_encode = msgspec.json.Encoder().encode

_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""What a header's value may be made of (RFC 9110 section 5.5); a client can say more in its own words."""


class Remote:
    """Ask and tell an application over HTTP.

    Args:
        settings: where it is, and what asking it may take. clock: the time. statistics: where to count.
    """

    def __init__(self, settings: HookSettings, clock: Clock, statistics: Statistics) -> None:
        self._settings = settings
        self._clock = clock
        self._statistics = statistics
        self._callers: list[Caller] = []
        events = settings.events
        self._events = self._caller("events", events.url, events.parallel) if events.url else None
        self.hooks = Hooks(
            self._asker("connect", settings.connect, answers.connect_grant),
            self._asker("refresh", settings.refresh, answers.refresh_grant),
            self._asker("subscribe", settings.subscribe, answers.subscribe_grant),
            self._asker("publish", settings.publish, answers.publish_grant, repeatable=False),
            self._asker("sub_refresh", settings.sub_refresh, answers.sub_refresh_grant),
            self._asker("rpc", settings.rpc, answers.rpc_answer, repeatable=False),
            self._reporter(settings.unacknowledged),
        )

    async def tell(self, events: Sequence[Event]) -> None:
        """Tell of events. Raises HookUnavailable, or Refused, unless they were taken."""
        if self._events is not None:
            body = told(events, include_meta=self._settings.include_meta)
            await self._events.ask(body, {}, answers.taken)

    def close(self) -> None:
        """End the connections."""
        for caller in self._callers:
            caller.close()

    def _asker(
        self, name: str, url: str, judge: Callable[[bytes, A], G], *, repeatable: bool = True
    ) -> Callable[[A], Awaitable[G]] | None:
        """Return the function that asks a URL; None where there is none."""
        if not url:
            return None
        settings = self._settings
        caller = self._caller(name, url, settings.concurrency, repeatable=repeatable)
        names = (*settings.headers, *settings.emulated_headers)

        async def ask(asked: A) -> G:
            body = question(asked, include_meta=settings.include_meta)
            headers = forwarded(asked.client, names)
            return await caller.ask(body, headers, lambda answer: judge(answer, asked))

        return ask

    def _reporter(self, url: str) -> UnacknowledgedHook | None:
        """Return the function that tells a URL what nobody acknowledged; None where there is none."""
        if not url:
            return None
        caller = self._caller("unacknowledged", url, self._settings.concurrency)

        async def report(overdue: Overdue) -> None:
            body = _encode(reported(overdue, inbox_of(overdue.user)))
            await caller.ask(body, {}, answers.taken)

        return report

    def _caller(self, name: str, url: str, concurrency: int, *, repeatable: bool = True) -> Caller:
        target = Target(name, url, repeatable, concurrency)
        caller = Caller(target, self._settings, self._clock, self._statistics)
        self._callers.append(caller)
        return caller


def forwarded(client: Client, names: Sequence[str]) -> dict[str, str]:
    """Return those of a client's headers that go along, by lower-case name.

    A value that no header can carry is left out: a client must not be able to write headers of its own.
    """
    found = {name.lower(): client.headers.get(name.lower()) for name in names}
    return {
        name: value.strip() for name, value in found.items() if value and _VALUE.fullmatch(value)
    }
