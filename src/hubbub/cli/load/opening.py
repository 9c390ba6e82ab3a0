"""Open a crowd of connections, some at a time, and turn what can go wrong into sentences."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import ssl
from collections.abc import Callable, Sequence

from hubbub.cli.load import wire
from hubbub.cli.load.connection import Connection, Host
from hubbub.cli.load.plan import LoadError, Plan, Target

_AT_A_TIME = 100
_SPARE_FILES = 32
_GOODBYE_LOOKS, _GOODBYE_PAUSE_S = 200, 0.01


def allow_files(connections: int) -> None:
    """Raise this process's limit of open files as far as `connections` need.

    Raises LoadError when the machine does not allow so many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise LoadError(
                f"{connections} connections need {wanted} open files, and this process may have {hard}; "
                f"raise the hard limit (`ulimit -Hn`) or ask for fewer connections"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def sentence(target: Target, error: OSError) -> str:
    """Say why no connection to a target could be opened, and what to do about it."""
    if isinstance(error, ConnectionRefusedError):
        return f"no server answers at {target}: connection refused; is one running there?"
    if isinstance(error, socket.gaierror):
        return f"no machine is called {target.host!r}"
    if isinstance(error, ssl.SSLError):
        return f"no encrypted connection to {target}: {error.strerror or error}"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return (
            "this machine allows no more open files; raise `ulimit -n` or ask for fewer connections"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no more free ports towards that server; ask for fewer connections"
    return f"no connection to {target}: {error.strerror or error}"


class _Opener:
    """Open connections one after the other, from several tasks at once."""

    def __init__(self, plan: Plan, host: Host, opened: Callable[[int], None]) -> None:
        self._plan = plan
        self._host = host
        self._opened = opened
        self._next = 0
        self._ready = 0
        self._address: tuple[str, int] = (plan.target.host, plan.target.port)
        self._tls = ssl.create_default_context() if plan.target.tls else None
        self.connections: list[Connection] = []

    async def one(self) -> None:
        """Open the next connection, and wait until it is in its channel."""
        target, crowd = self._plan.target, self._plan.crowd
        number = self._next
        self._next += 1
        channel = crowd.channel_of(crowd.room_of(number))
        opening = wire.handshake(f"{target.host}:{target.port}", target.resource(channel))
        connection = Connection(
            number, self._host, opening, target.speech, target.speech.join(channel)
        )
        self.connections.append(connection)
        try:
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: connection,
                *self._address,
                ssl=self._tls,
                server_hostname=target.host if self._tls else None,
            )
        except OSError as error:
            raise LoadError(sentence(target, error)) from None
        if number == 0:  # the others need not ask for the address again
            host, port, *_ = transport.get_extra_info("peername")
            self._address = (host, port)
        await connection.joined
        self._ready += 1
        self._opened(self._ready)

    async def many(self) -> None:
        """Open connections until none is left to be opened."""
        while self._next < self._plan.crowd.connections:
            await self.one()


async def open_crowd(plan: Plan, host: Host, opened: Callable[[int], None]) -> list[Connection]:
    """Open all connections of a plan, by number; `opened` is told how many are in their channels.

    Raises LoadError with a sentence about the first that failed, TimeoutError when it takes too long.
    """
    allow_files(plan.crowd.connections)
    opener = _Opener(plan, host, opened)
    try:
        async with asyncio.timeout(plan.connect_s):
            await opener.one()
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_A_TIME):
                    group.create_task(opener.many())
    except ExceptionGroup as group:
        await close_crowd(opener.connections)
        raise group.exceptions[0] from None
    except BaseException:
        await close_crowd(opener.connections)
        raise
    return opener.connections


async def close_crowd(connections: Sequence[Connection]) -> None:
    """Say goodbye on all connections, and wait a little until their sockets are closed."""
    for connection in connections:
        connection.leave()
    for _ in range(_GOODBYE_LOOKS):
        if not any(connection.open for connection in connections):
            return
        await asyncio.sleep(_GOODBYE_PAUSE_S)
