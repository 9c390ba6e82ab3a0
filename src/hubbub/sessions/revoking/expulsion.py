"""End the sessions of this node that a revocation hits; their clients must not come back by themselves."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from hubbub.errors import FORCE_DISCONNECT, INVALID_TOKEN
from hubbub.sessions.registry import Known, Registry
from hubbub.sessions.revoking.revoked import Revocation, Scope

_log = structlog.get_logger(__name__)


def expel(registry: Registry, revocation: Revocation) -> None:
    """End what a revocation names: 3500 where a token is void, 3503 where only the session is.

    Logins to the admin page have no sessions.
    """
    close = FORCE_DISCONNECT if revocation.scope is Scope.SESSION else INVALID_TOKEN
    for session in list(_suspects(registry, revocation)):
        who = session.identity
        if revocation.hits(who.user, who.token_id, who.issued_at, session.id):
            try:
                session.end(close)
            except Exception as fault:  # noqa: BLE001 - it must not save the others
                _log.error("session failed", exc_info=fault)


def _suspects(registry: Registry, revocation: Revocation) -> Iterable[Known]:
    if revocation.scope is Scope.USER:
        return registry.of_user(revocation.name)
    if revocation.scope is Scope.SESSION:
        session = registry.get(revocation.name)
        return (session,) if session is not None else ()
    return registry if revocation.scope is Scope.TOKEN else ()
