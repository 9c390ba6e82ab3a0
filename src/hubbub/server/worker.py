"""One process: an event loop, an app, a listening socket, and a way to stop that loses nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn
import uvloop

from hubbub import telemetry
from hubbub.app import Hubbub
from hubbub.errors import BrokerUnavailable, ConfigurationError
from hubbub.http.metrics import SHARED, Metrics
from hubbub.http.polls import Polls
from hubbub.server.handover import Adoption, Handover
from hubbub.server.listener import Listener
from hubbub.server.loading import load_app
from hubbub.server.plan import FAILED, READY, Plan, receive
from hubbub.server.sockets import BACKLOG, bind
from hubbub.server.troubles import Ear, News

TICK_S = 1.0
"""Seconds between two updates of what may be a second old: the Date header, shared metrics."""
REQUEST_GRACE_S = 5
"""Seconds that HTTP requests in progress get when the server stops."""
FAREWELL_S = 6.0
"""Seconds in which the sockets of closed sessions must be gone: a WebSocket waits 5 s for its peer."""
TOLD_S = 2.0
"""Seconds in which clients of SockJS that are between two polls may come for the reason."""

STARTED_NOT = 1
MISCONFIGURED = 2

_log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """uvicorn's server without its signals: the worker owns those."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Worker:
    """Serve one app until told to stop.

    Args:
        app: what is served. plan: where and how.
    """

    def __init__(self, app: Hubbub, plan: Plan) -> None:
        self._app = app
        self._plan = plan
        self._settings = plan.settings
        self._polls = Polls(app.front)
        settings = plan.settings
        self._listener = Listener(app.doors, settings.listener, settings.names, self._polls)
        app.front.pulse.worker, app.front.pulse.port = plan.worker, plan.own_port
        self._stopping = asyncio.Event()
        self._forced = asyncio.Event()

    @property
    def node(self) -> str:
        """Return the name of the node that it is."""
        return self._app.node

    def heed(self, news: News) -> None:
        """Learn how the other workers of the machine fare."""
        self._app.front.pulse.down = news.down
        for node in news.dead:
            self._app.control.mourn(node)
            self._app.hub.upkeep.bury(node)

    def stop(self) -> None:
        """Begin to drain; the second time, give up waiting."""
        if self._stopping.is_set():
            self._forced.set()
        self._stopping.set()

    async def serve(self, ready: Callable[[int], None]) -> None:
        """Start, tell `ready` the port, serve until `stop`, drain, and end.

        Raises ConfigurationError when the port cannot be had, BrokerUnavailable when the broker cannot.
        """
        sockets = self._bind()
        try:
            await self._app.start()
        except BaseException:
            for each in sockets:
                each.close()
            raise
        server = _Server(self._uvicorn())
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.on_tick(0)
        await server.startup(sockets=sockets)
        self._meet(server)
        # What is here now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        ready(sockets[0].getsockname()[1])
        await self._tick(server)
        await self._end(server)

    def _bind(self) -> list[socket.socket]:
        """Return the socket that is everybody's, and the one that is only ours, if there is to be one."""
        host, plan = self._settings.host, self._plan
        sockets = [bind(host, self._settings.port, shared=plan.shared)]
        if plan.own_port:
            try:
                # A successor listens there too, until we are gone.
                sockets.append(bind(host, plan.own_port, shared=plan.shared, flag="--worker-ports"))
            except BaseException:
                sockets[0].close()
                raise
        return sockets

    def _meet(self, server: uvicorn.Server) -> None:
        """Let the other workers of the machine, if there are any, bring connections that are for us."""
        place = os.environ.get(SHARED, "")
        if not (self._plan.shared and place):
            return
        speaker = self._listener.http_class()
        protocol = partial(speaker, server.config, server.server_state, server.lifespan.state)
        handover = Handover(Path(place), self._app.node)
        try:
            handover.listen(Adoption(protocol))
        except OSError as fault:
            _log.warning("no worker can hand connections to this one", fault=str(fault))
        self._listener.handover = handover

    def _uvicorn(self) -> uvicorn.Config:
        settings = self._settings
        return uvicorn.Config(
            self._app.site,
            http=self._listener.http_class(),
            ws="none",
            lifespan="off",
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the listener knows whom to believe; uvicorn believes all on loopback
            server_header=False,
            ssl_certfile=settings.tls_cert or None,
            ssl_keyfile=settings.tls_key or None,
            timeout_graceful_shutdown=REQUEST_GRACE_S,
        )

    async def _tick(self, server: uvicorn.Server) -> None:
        metrics: Metrics = self._app.site.state.metrics
        while not self._stopping.is_set():
            await server.on_tick(0)
            if metrics.shared:
                metrics.refresh()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TICK_S)

    async def _end(self, server: uvicorn.Server) -> None:
        for each in server.servers:
            each.close()
        if self._listener.handover is not None:
            self._listener.handover.close()
            self._listener.handover = None
        self._listener.room.closing = True
        await self._race(self._drain())
        server.force_exit = self._forced.is_set()
        await server.shutdown()
        await self._app.stop()

    async def _drain(self) -> None:
        """Send everybody away, and wait until what was said to them is out."""
        await self._app.drain(self._settings.drain_s)
        self._polls.hurry()
        now = asyncio.get_running_loop().time
        told, gone = now() + TOLD_S, now() + FAREWELL_S
        # Sockets tell nobody when the last of them is gone.
        while (self._listener.busy and now() < gone) or (self._polls.untold and now() < told):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _race(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it is done or the operator has lost patience."""
        tasks = {asyncio.create_task(work), asyncio.create_task(self._forced.wait())}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*done, *pending, return_exceptions=True)


def run(plan: Plan, ready: Callable[[int], None], link: socket.socket | None = None) -> int:
    """Run one worker in this process until it is told to stop; return the exit code.

    Args:
        plan: what to do. ready: called with the port once connections are accepted.
        link: the pipe to the supervisor; its end is ours too.
    """
    _raise_file_limit()
    try:
        app = load_app(plan.app, plan.settings)
        uvloop.run(_serve(app, plan, ready, link))
    except ConfigurationError as fault:
        _say(str(fault), link)
        return MISCONFIGURED
    except BrokerUnavailable as fault:
        _say(str(fault), link)
        return STARTED_NOT
    except Exception as fault:
        if link is not None:
            _say(_told(fault), link)
        raise
    return 0


async def _serve(
    app: Hubbub, plan: Plan, ready: Callable[[int], None], link: socket.socket | None
) -> None:
    loop = asyncio.get_running_loop()
    worker = Worker(app, plan)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    loop.add_signal_handler(signal.SIGHUP, _hang_up, link is None)
    if link is not None:
        loop.add_reader(link, _heed, link, worker, Ear())

    def announce(port: int) -> None:
        if link is not None:
            link.sendall(b"%b%b\n" % (READY, worker.node.encode()))
        ready(port)

    await worker.serve(announce)


def _heed(link: socket.socket, worker: Worker, ear: Ear) -> None:
    """Learn what the supervisor says of the other workers; stop when it is gone."""
    try:
        piece = link.recv(65536)
    except OSError:
        piece = b""
    if not piece:
        asyncio.get_running_loop().remove_reader(link)
        _log.warning("the supervisor is gone: this worker stops")
        worker.stop()
        return
    for news in ear.hear(piece):
        worker.heed(news)


def _hang_up(alone: bool) -> None:
    """Serve on: who reloads is the supervisor, and without one there is nobody to take the clients over."""
    if alone:
        _say("not reloaded: that takes --workers 2 or more; restart this server instead", None)


def _raise_file_limit() -> None:
    """Allow as many sockets as the system lets us have; the usual soft limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(sentences: str, link: socket.socket | None) -> None:
    """Tell the operator, or the supervisor, who does."""
    if link is not None:
        with suppress(OSError):
            link.sendall(FAILED + sentences.encode())
        return
    for line in sentences.splitlines():
        sys.stderr.write(f"hubbub: {line}\n")


def _told(fault: Exception) -> str:
    """Return in one line what a program of the user raised, and where."""
    said = " ".join(f"{type(fault).__name__}: {fault}".split())
    frames = traceback.extract_tb(fault.__traceback__)
    if isinstance(fault, SyntaxError) or not frames:
        return said  # it says where by itself
    return f"{said} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"


def main(descriptor: int) -> int:
    """Be a supervisor's worker; `descriptor` is our end of the pipe to it."""
    with socket.socket(fileno=descriptor) as link:
        plan = receive(link)
        if plan is None:
            return STARTED_NOT
        telemetry.set_up(plan.settings.log_level)
        return run(plan, lambda port: None, link)
