"""Several workers for one machine: what they share, and what a reload changes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from hubbub.config import Settings
from hubbub.errors import ConfigurationError
from hubbub.server.plan import Plan
from hubbub.server.private_redis import private_redis
from hubbub.server.sockets import reserve
from hubbub.server.supervisor import Crew, Notices, Supervisor
from hubbub.server.worker import FAREWELL_S, REQUEST_GRACE_S

_LONELY = ("memory", "sqlite")
"""Engines that live in one process."""
_KILL_S = 5.0
"""Seconds that a worker gets above what an orderly end takes at most."""
_LASTING = ("host", "port", "workers", "worker_ports", "broker")
"""Settings that a reload does not change: sockets and neighbours go on."""


def run_crew(
    settings: Settings,
    app: str,
    read: Callable[[], Settings],
    announce: Callable[[Settings, int, str], None],
) -> int:
    """Run several workers and their supervisor until told to stop; return the exit code.

    Args:
        settings: how. app: the user's program. read: reads the settings anew. announce: is told the settings,
            the port and what to say of the broker, once everybody is there.

    Raises ConfigurationError.
    """
    named = "broker" in settings.model_fields_set
    scheme = urlsplit(settings.broker).scheme
    if named and scheme in _LONELY:
        raise ConfigurationError(
            [f"{scheme}:// lives in one process: use --workers 1, or name a redis:// broker"]
        )
    with ExitStack() as stack:
        port = stack.enter_context(reserve(settings.host, settings.port)).getsockname()[1]
        for own in own_ports(settings):
            stack.enter_context(reserve(settings.host, own, "--worker-ports"))
        redis = None if named else stack.enter_context(private_redis())
        changes: dict[str, object] = {"port": port} | ({"broker": redis.url} if redis else {})
        first = settings.model_copy(update=changes)

        def renew() -> Crew:
            asked = read()
            stay = [name for name in _LASTING if getattr(asked, name) != getattr(settings, name)]
            if stay:
                complain([f"{', '.join(stay)}: changed only by a restart"])
            return crew_of(lasting(asked, first), app)

        shown = "a private redis-server, which forgets everything at the end" if redis else ""
        notices = Notices(
            lambda: announce(first, port, shown),
            lambda: print(f"reloaded: {first.workers} workers", flush=True),
            complain,
        )
        return supervise(
            crew_of(first, app), notices, renew, redis.guard if redis is not None else None
        )


def crew_of(settings: Settings, app: str) -> Crew:
    """Return who serves an app with these settings, and how long each may take to go."""
    plan = Plan(settings, app, shared=True)
    owned = own_ports(settings) or [0] * settings.workers
    return Crew(
        [
            replace(plan, worker=number, own_port=own).encode()
            for number, own in enumerate(owned, 1)
        ],
        settings.drain_s + FAREWELL_S + REQUEST_GRACE_S + settings.hooks.events.flush_s + _KILL_S,
    )


def lasting(asked: Settings, running: Settings) -> Settings:
    """Return the settings that were asked for, but for what a reload does not change."""
    return asked.model_copy(update={name: getattr(running, name) for name in _LASTING})


def own_ports(settings: Settings) -> list[int]:
    """Return the port that each worker has for itself; none where they have none."""
    first = settings.worker_ports
    return list(range(first, first + settings.workers)) if first else []


def complain(sentences: Iterable[str]) -> None:
    """Tell the operator."""
    for sentence in sentences:
        sys.stderr.write(f"hubbub: {sentence}\n")


def supervise(
    crew: Crew,
    notices: Notices,
    renew: Callable[[], Crew],
    beside: Callable[[], Coroutine[Any, Any, None]] | None,
) -> int:
    """Run a supervisor in this process until SIGTERM or SIGINT; return the exit code. SIGHUP renews the crew.

    Args:
        crew: the workers. notices: who is told. renew: reads anew who is to be.
        beside: what else is to run as long as they do.
    """

    async def main() -> int:
        loop = asyncio.get_running_loop()
        supervisor = Supervisor(crew, notices, renew)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        loop.add_signal_handler(signal.SIGHUP, supervisor.reload)
        other = asyncio.create_task(beside()) if beside is not None else None
        try:
            return await supervisor.run()
        finally:
            if other is not None:
                other.cancel()

    return asyncio.run(main())
