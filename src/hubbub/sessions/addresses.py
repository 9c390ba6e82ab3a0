"""Session ids: each says on which node its session lives, `<node>.<random>`.

There is one form for all protocols, a client id of Centrifuge and a `sid` of Socket.IO included. It is
public; what must be secret is made of it by the seal.
"""

from __future__ import annotations

import secrets

from hubbub.model import SessionId

_RANDOM = 12
"""Bytes of chance in an id."""


def new_id(node: str) -> SessionId:
    """Return the id of a new session of a node."""
    return f"{node}.{secrets.token_urlsafe(_RANDOM)}"


def node_of(session: SessionId) -> str:
    """Return the name of the node that an id speaks of; "" where it is not one."""
    return session.partition(".")[0] if "." in session else ""
