"""Many clients whom programs push to, and the account of who was to hear what, and who heard it.

What counts as wrong is judged by the order of events alone, not by clocks: a session was surely there during
a push if it was in before the push was asked for, and heard another one that was asked for after its answer.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidMessage, WebSocketException

AGAIN_S = 0.3
"""Seconds, at most, that a client waits before it comes back."""
AT_ONCE = 50
"""Clients that open a connection at the same time."""
KINDS = ("client", "user", "group", "tag", "everybody")
WEIGHTS = (400, 300, 140, 157, 3)
"""How often a push is for each of these."""


class Visitor:
    """One client, which comes back whenever it is sent away.

    Args:
        user: whose it is. tags: what its sessions are tagged with.
    """

    def __init__(self, user: str, tags: Sequence[str]) -> None:
        self.user = user
        self.tags = tags
        self.session = ""
        """The id of its session; "" where it has none."""
        self.sessions: dict[str, int] = {}
        """All its sessions, by when they were in, in the account's steps."""
        self.heard: list[tuple[str, int]] = []
        """What it heard: in which session, and which push."""

    async def stay(self, audience: Audience) -> None:
        """Be there until cancelled."""
        query = f"user={self.user}&tags={','.join(self.tags)}"
        while True:
            port = random.choice(audience.ports)
            with suppress(OSError, InvalidHandshake, InvalidMessage, WebSocketException):
                url = f"ws://127.0.0.1:{port}/session?{query}"
                async with audience.door:
                    socket = await connect(url, compression=None, ping_interval=None)
                async with socket:
                    async for message in socket:
                        self._take(json.loads(message), audience)
            self.session = ""
            await asyncio.sleep(random.uniform(0, AGAIN_S))

    def _take(self, said: dict[str, Any], audience: Audience) -> None:
        if said["type"] == "connected":
            self.session = said["session"]
            self.sessions[self.session] = audience.step()
        elif said["type"] == "push":
            self.heard.append((self.session, said["data"]["n"]))


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push: whom it was for, when it was asked for and answered (in steps), and the answer."""

    whom: Mapping[str, object]
    asked: int
    answered: int
    answer: Mapping[str, Any] | None


@dataclass(slots=True)
class Audience:
    """The clients, and the programs that push to them.

    Args:
        ports: of the workers. visitors: the clients.
    """

    ports: Sequence[int]
    visitors: Sequence[Visitor]
    users_in: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Users who are in groups, from before the first push."""
    joined: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """Sessions that joined groups, and when that was answered."""
    pushes: list[Pushed] = field(default_factory=list)
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """What keeps clients from all coming in at once, which this process could not serve in time."""
    _steps: int = 0

    def step(self) -> int:
        """Return a number that is larger than all before."""
        self._steps += 1
        return self._steps

    async def ask(self, client: httpx.AsyncClient, method: str, request: object) -> Any:  # noqa: ANN401
        """Ask a random worker, or another one where nobody listens; None where the answer did not arrive."""
        while True:
            port = random.choice(self.ports)
            try:
                url = f"http://127.0.0.1:{port}/api/{method}"
                response = await client.post(url, json=request)
            except httpx.ConnectError:
                await asyncio.sleep(0.01)
                continue
            except httpx.HTTPError:
                return None
            envelope = response.json()
            return envelope.get("result")

    def choose(self) -> dict[str, object]:
        """Return whom the next push is for."""
        kind = random.choices(KINDS, WEIGHTS)[0]
        visitor = random.choice(self.visitors)
        if kind == "client":
            return {kind: visitor.session or "0123456789ab.nobody"}
        if kind == "group":
            return {kind: random.choice(sorted({*self.users_in, *self.joined}))}
        if kind == "user":
            return {kind: visitor.user}
        return {kind: visitor.tags[0]} if kind == "tag" else {kind: True}

    async def push(self, client: httpx.AsyncClient, whom: Mapping[str, object]) -> None:
        """Push once, and note what was answered."""
        number, asked = len(self.pushes), self.step()
        self.pushes.append(Pushed(whom, asked, 0, None))
        request = {**whom, "event": "news", "data": {"n": number}, "timeout": 10}
        answer = await self.ask(client, "push", request)
        self.pushes[number] = Pushed(whom, asked, self.step(), answer)

    # ── the account ─────────────────────────────────────────────────────────────────────────────

    def faults(self) -> list[str]:
        """Return what was wrong, a sentence each."""
        heard: dict[int, Counter[str]] = defaultdict(Counter)
        last: dict[str, int] = {}
        for visitor in self.visitors:
            for session, number in visitor.heard:
                heard[number][session] += 1
                last[session] = max(last.get(session, 0), self.pushes[number].asked)
        known = self._known()
        found = []
        for number, pushed in enumerate(self.pushes):
            ((kind, name),) = pushed.whom.items()
            faults = self._faults(pushed, known[kind, name], heard[number], last)
            found += [f"push {number} {fault}" for fault in faults]
        return found

    @staticmethod
    def _faults(
        pushed: Pushed, meant: Mapping[str, int], heard: Counter[str], last: Mapping[str, int]
    ) -> list[str]:
        found = [f"came {n} times to {session}" for session, n in heard.items() if n > 1]
        found += [f"for {pushed.whom} came to {each}" for each in heard.keys() - meant.keys()]
        if pushed.answer is None:
            return found
        there = {
            session
            for session, since in meant.items()
            if since < pushed.asked and last.get(session, 0) > pushed.answered
        }
        answer = pushed.answer
        if not answer.get("missing"):
            found += [f"for {pushed.whom} did not come to {each}" for each in there - heard.keys()]
            if answer.get("num_sessions", 0) != len(heard):
                found.append(f"came to {len(heard)}, and was answered {answer}")
        if answer["status"] == "gone" and "client" in pushed.whom and heard:
            found.append(f"came to {[*heard]}, who was said to be gone")
        return found

    def _known(self) -> dict[tuple[str, object], dict[str, int]]:
        """Return the sessions that pushes may come to, by whom they are for.

        Each has since when it is surely meant.
        """
        known: dict[tuple[str, object], dict[str, int]] = defaultdict(dict)
        for visitor in self.visitors:
            names = [("user", visitor.user), ("everybody", True)]
            for name in (*names, *(("tag", tag) for tag in visitor.tags)):
                known[name].update(visitor.sessions)
            for session, since in visitor.sessions.items():
                known["client", session][session] = since
        for group, sessions in self.joined.items():
            known["group", group].update(sessions)
        for group, users in self.users_in.items():
            for user in users:
                known["group", group].update(known["user", user])
        return known
