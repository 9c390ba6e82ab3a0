"""Connections that came to the wrong worker: their sockets go to the worker of the machine that they are for.

A WebSocket that takes over a polled session must be where the session is, and whoever deals out connections
does not know where. A socket can go to another process: the system makes it one of that process's own, and
nothing has to be passed on between the two afterwards. What was read of it goes along.

Each worker has a datagram socket, called as its node, in the directory that the workers share. A node that
has none there is on another machine, or gone.
"""

from __future__ import annotations

import asyncio
import re
import socket
from array import array
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

SAID_LIMIT = 128 * 1024
"""Bytes that may go along with a socket: a head, and what came with it in one piece."""
_AT_ONCE = 32
"""Sockets that are taken in one turn of the event loop."""
_NAME = re.compile(r"[0-9a-z]{1,64}")
"""What a node is called; clients say it, and it becomes the name of a file."""

Taken = Callable[[socket.socket, bytes], None]


class Handover:
    """Give sockets to the other workers of the machine, and take theirs.

    Args:
        place: the directory that the workers share, and nobody else may use. node: this worker's.
    """

    __slots__ = ("_loop", "_own", "_path", "_place", "_taken")

    def __init__(self, place: Path, node: str) -> None:
        self._place = place
        self._path = self._at(node)
        self._own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._own.setblocking(False)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taken: Taken | None = None

    def listen(self, taken: Taken) -> None:
        """Have `taken` called with each socket, and with what was read of it. Raises OSError."""
        self._own.bind(str(self._path))
        self._taken = taken
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._own, self._take)

    def close(self) -> None:
        """Take no more; those who would give us any are told by the system."""
        if self._loop is not None:
            self._loop.remove_reader(self._own)
            self._loop = None
            self._path.unlink(missing_ok=True)
        self._own.close()

    def give(self, node: str, transport: asyncio.Transport, said: bytes) -> bool:
        """Give a socket to the worker of a node, if it is on this machine and has room; tell whether.

        Here it is to be dropped then, which does not end the connection.

        Args:
            said: what was read of it.
        """
        if len(said) > SAID_LIMIT or not _NAME.fullmatch(node):
            return False
        transport.pause_reading()  # what comes from now on is for the other one
        descriptors = array("i", [transport.get_extra_info("socket").fileno()])
        along = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)]
        try:
            self._own.sendmsg([said], along, 0, str(self._at(node)))
        except OSError as fault:
            _log.debug("a socket could not be handed over", node=node, fault=str(fault))
            transport.resume_reading()
            return False
        return True

    def _at(self, node: str) -> Path:
        return self._place / f"{node}.sock"

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                said, descriptors, flags, _ = socket.recv_fds(self._own, SAID_LIMIT + 1, 1)
            except OSError:  # there is no more
                return
            for descriptor in descriptors:
                taken = socket.socket(fileno=descriptor)
                if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or self._taken is None:
                    taken.close()
                    continue
                taken.setblocking(False)
                self._taken(taken, said)


class Adoption:
    """Put sockets that were taken on the event loop.

    Args:
        protocol: makes what speaks on each.
    """

    __slots__ = ("_protocol", "_under_way")

    def __init__(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._protocol = protocol
        self._under_way: set[asyncio.Task[None]] = set()

    def __call__(self, taken: socket.socket, said: bytes) -> None:
        """Speak on a socket from which `said` was read."""
        task = asyncio.get_running_loop().create_task(self._adopt(taken, said))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _adopt(self, taken: socket.socket, said: bytes) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # it may be gone again
            await loop.connect_accepted_socket(partial(_Arrival, self._protocol, said), taken)


class _Arrival(asyncio.Protocol):
    """Leave a transport to what speaks on it, to whom `said` comes before anything else that is read."""

    __slots__ = ("_protocol", "_said")

    def __init__(self, protocol: Callable[[], asyncio.Protocol], said: bytes) -> None:
        self._protocol = protocol
        self._said = said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        protocol = self._protocol()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._said)


def head(url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a GET as it might have come."""
    lines = [b"GET %b HTTP/1.1" % url, *(b"%b: %b" % each for each in headers)]
    return b"\r\n".join([*lines, b"", b""])
