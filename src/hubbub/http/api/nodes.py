"""The methods about the server itself."""

from __future__ import annotations

from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.server import Server


async def info(server: Server, caller: Caller, request: ask.InfoRequest) -> say.InfoResult:
    """Return the numbers of all nodes."""
    return say.InfoResult(*await server.census.nodes())
