"""The HTTP side of a node that has sessions, with an origin that may ask and all others that may not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.hub.nodes.control import Control
from hubbub.model import Packet
from hubbub.sessions.doors import Door, Doors
from tests.http.site_stage import front
from tests.sessions.stage import Floor, floor

FRIEND, EVIL = "https://friend.example", "https://evil.example"
LIMIT = 1000


class Place:
    """A node, a client of its HTTP side, and a stream that has introduced itself."""

    def __init__(self, place: Floor, client: httpx.AsyncClient) -> None:
        self.floor = place
        self.client = client
        self.session, self.carrier = place.open(CentrifugeDialect(JSON), says_close=False)
        self.session.received(Packet(b'{"id":1,"connect":{}}'))
        connected = json.loads(self.said()[0])["connect"]
        self.address = {"node": "n1", "session": connected["session"]}

    def said(self) -> list[str]:
        """Return and forget what came down the stream."""
        return self.carrier.lines()


@asynccontextmanager
async def emulating() -> AsyncIterator[Place]:
    async with floor() as place:
        control = Control(place.node.broker, "n1", place.node.clock)
        dialects = {"": lambda request: CentrifugeDialect(JSON)}
        streams = [Door("/sse", dialects, "sse"), Door("/lines/{room}", dialects, "http_stream")]
        doors = Doors(streams, place.services, lambda origin, host: origin == FRIEND)
        settings = HttpSettings(emulation_limit=LIMIT)
        app = build(front(place, control, place.registry, doors, settings))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hubbub.test") as client:
            yield Place(place, client)
