"""Where the server is that a command talks to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias
from urllib.parse import quote, urlsplit

import typer

from hubbub.cli.failure import MISUSED, CommandFailed
from hubbub.errors import redacted

DEFAULT = "http://127.0.0.1:8000"
_SECURE = {"http": False, "ws": False, "https": True, "wss": True}

Url: TypeAlias = Annotated[
    str, typer.Option("--url", "-u", envvar="HUBBUB_URL", help="Where the server is.")
]


@dataclass(frozen=True, slots=True)
class Address:
    """A server: `place` is host, port and perhaps a path in front of Hubbub's own."""

    place: str
    secure: bool = False

    @property
    def http(self) -> str:
        """Return what HTTP paths are put behind."""
        return f"http{'s' if self.secure else ''}://{self.place}"

    @property
    def shown(self) -> str:
        """Return that as it may be shown."""
        return redacted(self.http)

    @property
    def ws(self) -> str:
        """Return what WebSocket paths are put behind."""
        return f"ws{'s' if self.secure else ''}://{self.place}"

    def channel(self, name: str) -> str:
        """Return a channel's plain WebSocket address."""
        return f"{self.ws}/ws/{quote(name, safe='')}"


def read_address(url: str) -> Address:
    """Return the server of a URL; `host:port` alone will do.

    Raises CommandFailed for what is none.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in _SECURE and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise CommandFailed(
            f"--url {redacted(url)!r} is no server's address: write it like {DEFAULT}", MISUSED
        )
    return Address(f"{parts.netloc}{parts.path}".rstrip("/"), _SECURE[parts.scheme])
