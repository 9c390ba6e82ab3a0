"""A Centrifuge client in a test's hand: it says commands as values, and reads what comes back."""

from __future__ import annotations

import json
from typing import Any

from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.contract import Request
from hubbub.model import Packet
from tests.hub.stage import turn
from tests.sessions.stage import Floor


class Speaker:
    """One client of a floor."""

    def __init__(self, place: Floor, request: Request | None = None) -> None:
        self.session, self.carrier = place.open(CentrifugeDialect(JSON), request)
        self._ids = 0
        self.said: list[dict[str, Any]] = []

    async def ask(self, **command: object) -> dict[str, Any]:
        """Say a command, and return its reply without the id; {} where none came."""
        self._ids += 1
        self.session.received(Packet(json.dumps({"id": self._ids, **command}).encode()))
        await turn(10)
        self.hear()
        for index, each in enumerate(self.said):
            if each.get("id") == self._ids:
                del self.said[index]
                return {key: value for key, value in each.items() if key != "id"}
        return {}

    async def connect(self, **connect: object) -> dict[str, Any]:
        """Introduce itself, and return the result or the error."""
        reply = await self.ask(connect=connect)
        result: dict[str, Any] = reply.get("connect", reply)
        return result

    def hear(self) -> None:
        """Read what arrived."""
        self.said += [json.loads(line) for line in self.carrier.lines()]

    def pushes(self) -> list[dict[str, Any]]:
        """Return and forget what was pushed."""
        self.hear()
        pushes = [each["push"] for each in self.said if "push" in each]
        self.said = [each for each in self.said if "push" not in each]
        return pushes

    @property
    def code(self) -> int:
        """Return why it was closed; 0 where it was not."""
        return self.carrier.closes[0].code if self.carrier.closes else 0
