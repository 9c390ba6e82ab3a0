"""How bytes that another program wrote read here, and how many of them are taken."""

from __future__ import annotations

from hubbub.dialects.payloads import json_container
from hubbub.model import Kind

PAYLOAD_LIMIT = 256 * 1024
"""Bytes of the largest message that is taken from another system: what a client may send, too."""


def kind_of(data: bytes) -> Kind:
    """Tell how bytes read: a JSON object or array is JSON, other UTF-8 text, the rest binary."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return Kind.BINARY
    return Kind.TEXT if json_container(data) is None else Kind.JSON
