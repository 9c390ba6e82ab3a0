"""The HTTP side of a node on a memory broker, asked without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from hubbub.brokers.memory import World
from hubbub.dialects.contract import Request
from hubbub.http.node import Doors, Node, Sessions
from hubbub.http.pages import BUILT
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.hub.nodes.control import Control
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.sessions.contract import Carrier, Headers
from hubbub.sessions.doors import Door
from hubbub.sessions.hooks import RpcAnswer, RpcAsk
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.origins import readable_by
from hubbub.sessions.polls.emulation import Emulation
from hubbub.sessions.polls.polling import Polling
from hubbub.sessions.polls.sockjs import SockJsSessions
from hubbub.sessions.polls.sockjs_endpoint import SockJs
from hubbub.sessions.polls.whereabouts import Whereabouts
from hubbub.sessions.reaching.groups import Groups
from hubbub.sessions.reaching.orders import Orders
from hubbub.sessions.reaching.pushes import Pushes
from hubbub.sessions.reaching.reach import Reach
from hubbub.sessions.reaching.roll import Roll
from hubbub.sessions.revoking.expulsion import expel
from hubbub.sessions.revoking.revocation import Revocations, RevocationSettings
from hubbub.sessions.watching.tracing import Tracing
from tests.hub.stage import stage
from tests.sessions.stage import Floor

ORIGIN = "http://hubbub.test"


@dataclass(slots=True)
class Gate:
    """What the doors say: every page may ask."""

    closing: bool = False
    doors: Sequence[Door] = ()

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> None:
        return None

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


def front(
    place: Floor,
    control: Control,
    sessions: Sessions,
    doors: Doors,
    settings: HttpSettings,
    sockjs: SockJs | None = None,
) -> Node:
    """Return a node as its HTTP side sees it."""
    nowhere = Whereabouts(control.node, place.node.broker.presence)
    services = place.services
    reach = Reach(services, control)
    groups = Groups(place.node.broker.records, control, reach, place.registry)
    return Node(
        control.node,
        place.node.hub,
        control,
        sessions,
        doors,
        settings,
        Emulation(place.registry, services.seal, control),
        Orders(services, control),
        Revocations(place.node.broker, RevocationSettings(), place.node.clock),
        place.hooks,
        Polling(control.node, services.seal, control),
        sockjs or SockJs((), SockJsSessions(control, nowhere)),
        services.chat,
        Pushes(reach, groups),
        services.inbox,
        Roll(services, control),
        services.gate,
        Tracing(services, control),
        services.entries,
    )


async def echo(asked: RpcAsk) -> RpcAnswer:
    """Answer a call as an application would."""
    return RpcAnswer(asked.data or b"null")


class Site:
    """A node and a client of its HTTP side; `place` is its hub's side, `floor` that of its sessions."""

    def __init__(self, floor: Floor, node: Node, app: Starlette, client: httpx.AsyncClient) -> None:
        self.place = floor.node
        self.floor = floor
        self.hub = floor.node.hub
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
    limits: SessionLimits | None = None,
) -> AsyncIterator[Site]:
    """Run a node; several of one `world` are a cluster."""
    async with stage(namespace, world=world, node=name) as place:
        floor = Floor(place, limits or SessionLimits(), trusting=True, name=name)
        control = Control(place.broker, name, place.clock)
        gate, crowd = Gate(), Crowd()
        node = front(floor, control, crowd, gate, settings or HttpSettings())
        node.revocations.arrived = partial(expel, floor.registry)
        for receiver in (control, node.revocations.journal):
            place.hub.admit(receiver.names, receiver)
        await control.start()
        await node.revocations.start()
        app = build(node, pages)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            made = Site(floor, node, app, client)
            made.gate, made.crowd = gate, crowd
            yield made
        await node.revocations.close()
        await control.close()
