"""The methods about the server itself."""

from __future__ import annotations

import time
from importlib.metadata import version

from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.node import Node

_STARTED = time.monotonic()


async def info(node: Node, caller: Caller, request: ask.InfoRequest) -> say.InfoResult:
    """Return the nodes' numbers."""
    counts = node.hub.statistics
    return say.InfoResult(
        [
            say.NodeInfo(
                uid=node.name,
                name=node.name,
                version=version("hubbub"),
                num_clients=len(node.sessions),
                num_subs=counts.subscriptions,
                num_channels=counts.channels,
                uptime=int(time.monotonic() - _STARTED),
            )
        ]
    )
