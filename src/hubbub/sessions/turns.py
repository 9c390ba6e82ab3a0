"""Running a session's commands one after the other.

Most do not wait: they run to their end at once. One that waits (for the broker, or for the application) makes
the next ones queue behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from hubbub.dialects.contract import Command
from hubbub.errors import INTERNAL_ERROR, Close
from hubbub.sessions.backlog import Backlog
from hubbub.sessions.contract import Connection


class Commanded(Protocol):
    """A session as its commands see it."""

    connection: Connection
    gone: bool
    backlog: Backlog | None
    """What waits behind a command that waits; None while none does."""

    def fail(self, command: Command, fault: BaseException) -> None:
        """Answer a command with what went wrong."""
        ...

    def end(self, close: Close) -> None:
        """Close the connection."""
        ...


S = TypeVar("S", bound=Commanded)

Handler = Callable[[S, Command], asyncio.Future[None] | None]
"""Run a command, and return a future where it waits."""


def take(session: S, handle: Handler[S], command: Command, size: int) -> None:
    """Run a command that came in a message of `size` bytes, or let it queue."""
    if session.backlog is not None:
        session.backlog.put(command, size)
    else:
        _run(session, handle, command)


def _run(session: S, handle: Handler[S], command: Command) -> None:
    if session.gone:
        return
    try:
        work = handle(session, command)
    except Exception as fault:  # noqa: BLE001 - the client is told, and what is ours is logged
        session.fail(command, fault)
        return
    if work is None:
        return
    if work.done():
        _settle(session, command, work)
    else:
        session.backlog = Backlog(session.connection)
        work.add_done_callback(partial(_go_on, session, handle, command))


def _settle(session: S, command: Command, work: asyncio.Future[None]) -> None:
    if work.cancelled():
        session.end(INTERNAL_ERROR)
        return
    fault = work.exception()
    if fault is not None:
        session.fail(command, fault)


def _go_on(session: S, handle: Handler[S], command: Command, work: asyncio.Future[None]) -> None:
    _settle(session, command, work)
    backlog, session.backlog = session.backlog, None
    while backlog is not None and not session.gone and (waiting := backlog.take()) is not None:
        _run(session, handle, waiting)
        if _is_waiting(session):
            session.backlog = backlog  # the others stay behind this one
            return


def _is_waiting(session: Commanded) -> bool:
    return session.backlog is not None
