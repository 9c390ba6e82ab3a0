"""The HTTP side of a node on a memory broker, asked without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from hubbub.brokers.memory import World
from hubbub.http.node import Node
from hubbub.http.pages import BUILT
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.hub.control import Control
from hubbub.hub.namespaces import Namespace
from hubbub.sessions.contract import Headers
from hubbub.sessions.doors import Door
from hubbub.sessions.emulation import Emulation
from hubbub.sessions.origins import readable_by
from hubbub.sessions.registry import Registry
from hubbub.sessions.seal import Seal
from tests.hub.stage import Stage, stage

ORIGIN = "http://hubbub.test"


@dataclass(slots=True)
class Gate:
    """What the doors say: every page may ask."""

    closing: bool = False
    doors: Sequence[Door] = ()

    def greet(self, headers: Mapping[str, str]) -> Headers:
        return readable_by(headers.get("origin"))


class Crowd:
    """So many sessions."""

    total = 0

    def __init__(self) -> None:
        self.now = 0
        self.users = 0

    def __len__(self) -> int:
        return self.now


class Site:
    """A node and a client of its HTTP side."""

    def __init__(self, place: Stage, node: Node, app: Starlette, client: httpx.AsyncClient) -> None:
        self.place = place
        self.hub = place.hub
        self.node = node
        self.app = app
        self.client = client
        self.gate = Gate()
        self.crowd = Crowd()

    async def call(self, method: str, request: object) -> dict[str, Any]:
        """Call a method of the API and return its envelope."""
        response = await self.client.post(f"/api/{method}", json=request)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        envelope: dict[str, Any] = response.json()
        assert len(envelope) == 1
        return envelope


@asynccontextmanager
async def site(
    settings: HttpSettings | None = None,
    namespace: Namespace | None = None,
    pages: Path = BUILT,
    *,
    world: World | None = None,
    name: str = "n1",
) -> AsyncIterator[Site]:
    """Run a node; several of one `world` are a cluster."""
    async with stage(namespace, world=world, node=name) as place:
        control = Control(place.broker, name, place.clock)
        place.hub.admit(control.names, control)
        await control.start()
        gate, crowd = Gate(), Crowd()
        emulation = Emulation(Registry(1, 0.0), Seal(), control)
        node = Node(name, place.hub, control, crowd, gate, settings or HttpSettings(), emulation)
        app = build(node, pages)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            made = Site(place, node, app, client)
            made.gate, made.crowd = gate, crowd
            yield made
        await control.close()
