"""The methods about the server itself."""

from __future__ import annotations

from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.server import Server


async def info(server: Server, caller: Caller, request: ask.InfoRequest) -> say.InfoResult:
    """Return the numbers of all nodes."""
    return say.InfoResult(*await server.census.nodes())


async def trends(server: Server, caller: Caller, request: ask.TrendsRequest) -> say.TrendsResult:
    """Return how all nodes fared in the last minutes: rates, lag, latency, memory.

    There is a sample every few seconds; ask again with the time of the last one for those that came since.
    """
    return say.TrendsResult(*await server.census.trends(request.since))
