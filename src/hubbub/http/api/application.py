"""The method that the application answers."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from hubbub.dialects.payloads import as_json
from hubbub.errors import METHOD_NOT_FOUND, Refused
from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import json_of
from hubbub.http.api.server import Server
from hubbub.sessions.hooks import Client, RpcAsk

DIALECT = "http-api"
"""What a program speaks, as the application sees it."""


async def rpc(server: Server, caller: Caller, request: ask.RpcRequest) -> say.RpcResult:
    """Call a method of the application, as clients do.

    The application sees a client without a session, whose `meta` has the name of the key.
    """
    hook = server.node.hooks.rpc
    if hook is None:
        raise Refused(METHOD_NOT_FOUND, "the application answers no methods")
    meta = msgspec.json.encode({"program": caller.name})
    client = Client("", dialect=DIALECT, transport="http", meta=meta)
    answer = await hook(RpcAsk(client, request.method, json_of("params", request.params)))
    return say.RpcResult(Raw(as_json(answer.data, answer.kind)))
