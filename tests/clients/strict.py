"""A server with small limits, on which every refusal and every end can be provoked by hand."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import jwt

from tests.clients.api import call
from tests.clients.talk import Talk
from tests.docs.served import Served

SECRET, KEY = secrets.token_hex(16), secrets.token_hex(16)

SETTINGS = f"""
api_keys = ["{KEY}"]

[tokens]
hmac_secret = "{SECRET}"

[limits]
channels = 4
user_connections = 2
grace_s = 1
connect_s = 2
ping_interval_s = 2
keepalive_s = 2
idle_s = 3
commands_per_s = 50
command_burst = 50
strikes = 5

[hub]
backlog_limit = 65536

[namespaces.private]
subscribe = "nobody"
publish = "nobody"
history = "nobody"
see_presence = "nobody"

[namespaces.bare]
history_size = 0
presence = false
"""


def strict(folder: Path) -> Served:
    """Return a server that is not started yet."""
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    return Served(folder, "--broker", "memory://")


def token(**claims: object) -> str:
    """Make a token of a user whom nobody else is."""
    good = {"sub": secrets.token_hex(4), "exp": int(time.time()) + 600}
    return jwt.encode({**good, **claims}, SECRET, "HS256")


async def introduce(talk: Talk, **claims: object) -> dict[str, object]:
    return await talk.result("connect", token=token(**claims))


def api(server: Served, method: str, **body: object) -> dict[str, Any]:
    return call(server.port, method, KEY, **body)
