"""The methods about sessions, wherever they are."""

from __future__ import annotations

from hubbub.errors import BAD_REQUEST_ERROR, FORCE_DISCONNECT, Close, Refused, Reject
from hubbub.http.api import requests as ask
from hubbub.http.api import results as say
from hubbub.http.api.keys import Caller
from hubbub.http.api.payloads import json_of
from hubbub.http.api.server import Server
from hubbub.hub.permissions.options import Override
from hubbub.model import Position
from hubbub.sessions.reaching import orders
from hubbub.sessions.revoking.revoked import Scope


async def subscribe(server: Server, caller: Caller, request: ask.SubscribeRequest) -> say.MetResult:
    """Let sessions follow a channel; answered when they do.

    Sessions that follow it already are left as they are.
    """
    caller.touch(request.channel)
    server.node.hub.namespaces.resolve(request.channel)
    info = json_of("info", request.info, request.b64info)
    data = json_of("data", request.data, request.b64data)
    limit = server.node.settings.payload_limit
    if len(info) + len(data) > limit:
        raise Refused(BAD_REQUEST_ERROR, f"info and data are larger than {limit} bytes")
    since = request.recover_since
    return await _give(
        server,
        orders.Follow(
            _whom(request),
            request.channel,
            request.expire_at,
            info,
            data,
            None if since is None else Position(since.epoch, since.offset),
            _override(request.override or ask.OverrideOptions()),
        ),
    )


async def unsubscribe(
    server: Server, caller: Caller, request: ask.UnsubscribeRequest
) -> say.MetResult:
    """Let sessions follow a channel no more, or none at all."""
    if request.channel:
        caller.touch(request.channel)
        server.node.hub.namespaces.resolve(request.channel)
    else:
        caller.touch_all()
    return await _give(server, orders.Unsubscribe(_whom(request), request.channel))


async def disconnect(
    server: Server, caller: Caller, request: ask.DisconnectRequest
) -> say.MetResult:
    """End sessions, but for those whose ids are in `whitelist`."""
    close = _close(request.disconnect or ask.Goodbye())
    whitelist = tuple(request.whitelist or ())
    return await _give(
        server, orders.Disconnect(_whom(request), close.code, close.reason, whitelist)
    )


async def refresh(server: Server, caller: Caller, request: ask.RefreshRequest) -> say.MetResult:
    """Let sessions last until another time, or end now."""
    info = json_of("info", request.info)
    return await _give(
        server, orders.Refresh(_whom(request), request.expired, request.expire_at, info)
    )


async def revoke(server: Server, caller: Caller, request: ask.RevokeRequest) -> say.Done:
    """Revoke a user, a token or a session: what it was given is void on all nodes, and what it holds ends."""
    named = {scope: name for scope in _REVOKED if (name := getattr(request, scope.value))}
    if len(named) != 1:
        raise Refused(BAD_REQUEST_ERROR, "name a user, a token or a session, and one of them")
    [(scope, name)] = named.items()
    await server.node.revocations.revoke(scope, name, request.ttl or None)
    return say.Done()


_REVOKED = (Scope.USER, Scope.TOKEN, Scope.SESSION)
"""What programs may revoke."""


async def _give(server: Server, order: orders.Order) -> say.MetResult:
    met = await server.node.orders.give(order)
    return say.MetResult(met.sessions, met.missing)


def _whom(request: ask.Whom) -> orders.Whom:
    whom = orders.Whom(request.user, request.client, request.session)
    if not whom:
        raise Refused(BAD_REQUEST_ERROR, "name a user, a client or a session")
    return whom


def _close(said: ask.Goodbye) -> Close:
    code = said.code or FORCE_DISCONNECT.code
    reason = said.reason or ("" if said.code else FORCE_DISCONNECT.reason)
    try:
        return Reject(code, reason).close
    except ValueError as fault:
        raise Refused(BAD_REQUEST_ERROR, str(fault)) from None


def _override(said: ask.OverrideOptions) -> Override:
    def option(value: ask.BoolValue | None) -> bool | None:
        return None if value is None else value.value

    return Override(
        option(said.presence),
        option(said.join_leave),
        option(said.force_push_join_leave),
        option(said.force_recovery),
        option(said.force_positioning),
    )
