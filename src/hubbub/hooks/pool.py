"""The connections to one backend: kept for the next question, as long as that is likely to work."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from hubbub.hooks.connection import BackendConnection, Response

KEEP_S = 4.0
"""Seconds for which an idle connection is kept: less than the 5 s after which common servers close it."""

_PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """Report that there was no connection, so that nothing was sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL leads.

    Args:
        host, port: what is connected to. tls: whether it must show a certificate of that name.
        authority, target: what a request says (RFC 9112 section 3.2).
    """

    host: str
    port: int
    tls: bool
    authority: str
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Return that of an http or https URL."""
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.hostname or "", port, parts.scheme == "https", parts.netloc, target)

    @property
    def shown(self) -> str:
        """Return the URL as a log may show it: without its query, which may have a secret."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{self.authority}{self.target.partition('?')[0]}"


class _Idle(NamedTuple):
    since: float
    connection: BackendConnection


class Pool:
    """Ask one backend, over as many connections as there are questions at once.

    Args:
        address: where it is. limit: bytes of an answer's body.
    """

    def __init__(self, address: Address, limit: int) -> None:
        self._address = address
        self._limit = limit
        self._context = ssl.create_default_context() if address.tls else None
        self._idle: deque[_Idle] = deque()
        """Those that are kept, the one that was used last at the end."""
        self._busy: set[BackendConnection] = set()

    async def ask(self, request: bytes) -> Response:
        """Send a request and return the response. Raises Unreachable, Broken or TooLarge."""
        connection = self._kept() or await self._open()
        self._busy.add(connection)
        try:
            response = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        finally:
            self._busy.discard(connection)
        if connection.is_free():
            self._idle.append(_Idle(asyncio.get_running_loop().time(), connection))
        else:
            connection.close()
        return response

    def _kept(self) -> BackendConnection | None:
        """Return the connection that was used last, if that is not long ago; those for which it is, end."""
        oldest = asyncio.get_running_loop().time() - KEEP_S
        while self._idle and self._idle[0].since < oldest:
            self._idle.popleft().connection.close()
        while self._idle:
            connection = self._idle.pop().connection
            if connection.is_free():
                return connection
        return None

    async def _open(self) -> BackendConnection:
        address = self._address
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: BackendConnection(self._limit),
                address.host,
                address.port,
                ssl=self._context,
            )
        except (OSError, UnicodeError) as fault:
            raise Unreachable(str(fault) or type(fault).__name__) from None
        return connection

    def close(self) -> None:
        """End all connections."""
        for connection in (*self._busy, *(idle.connection for idle in self._idle)):
            connection.close()
        self._idle.clear()
