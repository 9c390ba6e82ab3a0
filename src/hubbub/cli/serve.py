"""`hubbub serve`: run a server, in this process or in several."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from hubbub import telemetry
from hubbub.config import Loaded, Settings, load
from hubbub.config.checks import is_loopback
from hubbub.errors import ConfigurationError
from hubbub.server import worker
from hubbub.server.plan import Plan
from hubbub.server.private_redis import private_redis
from hubbub.server.sockets import reserve
from hubbub.server.supervisor import Crew, supervise
from hubbub.server.worker import FAREWELL_S, REQUEST_GRACE_S

_LONELY = ("memory", "sqlite")
"""Engines that live in one process."""
_KILL_S = 5.0
"""Seconds that a worker gets above what an orderly end takes at most."""


def serve(  # every flag is a parameter: that is how typer reads them
    app: Annotated[str, typer.Argument(help="A program of yours, as app.py:app.")] = "",
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", envvar="HUBBUB_CONFIG", help="Settings; hubbub.toml if it exists."
        ),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(help="The engine, as sqlite:///FILE, memory:// or redis://HOST:PORT/DB."),
    ] = None,
    workers: Annotated[
        str | None, typer.Option("--workers", "-w", help="Processes, or auto: one per core.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[str | None, typer.Option("--port", "-p", help="The port; 0: any.")] = None,
    open_: Annotated[
        bool | None, typer.Option("--open/--closed", help="Let everybody do everything.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="Pages that may connect, as https://chat.example.")
    ] = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(help="A key for the API; HUBBUB_API_KEYS keeps it out of ps."),
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Run a server until Ctrl-C or SIGTERM."""
    flags = {
        "broker": broker,
        "workers": workers,
        "host": host,
        "port": port,
        "open": open_,
        "allowed_origins": origin or None,
        "api_keys": api_key or None,
        "log_level": log_level,
    }
    loaded = load(config, flags={name: each for name, each in flags.items() if each is not None})
    telemetry.set_up(loaded.settings.log_level)
    for warning in loaded.warnings:
        sys.stderr.write(f"hubbub: {warning}\n")
    raise typer.Exit(_alone(loaded, app) if loaded.settings.workers == 1 else _crew(loaded, app))


def _alone(loaded: Loaded, app: str) -> int:
    settings = loaded.settings
    return worker.run(Plan(settings, app), lambda port: _announce(settings, port))


def _crew(loaded: Loaded, app: str) -> int:
    settings = loaded.settings
    scheme = urlsplit(settings.broker).scheme
    named = "broker" in settings.model_fields_set
    if named and scheme in _LONELY:
        raise ConfigurationError(
            [f"{scheme}:// lives in one process: use --workers 1, or name a redis:// broker"]
        )
    with ExitStack() as stack:
        kept = stack.enter_context(reserve(settings.host, settings.port))
        changes: dict[str, object] = {"port": kept.getsockname()[1]}
        redis = None if named else stack.enter_context(private_redis())
        if redis is not None:
            changes["broker"] = redis.url
        settings = settings.model_copy(update=changes)
        crew = Crew(
            Plan(settings, app, shared=True).encode(),
            settings.workers,
            settings.drain_s
            + FAREWELL_S
            + REQUEST_GRACE_S
            + settings.hooks.events.flush_s
            + _KILL_S,
        )
        shown = "a private redis-server, which forgets everything at the end" if redis else ""
        return supervise(
            crew,
            lambda: _announce(settings, settings.port, shown),
            redis.guard if redis is not None else None,
        )


def _announce(settings: Settings, port: int, broker: str = "") -> None:
    """Say where the server is, who may use it, and what to do next."""
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    host = "localhost" if everywhere else settings.host
    page = f"{'https' if settings.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    reach = "only this machine reaches it" if is_loopback(settings.host) else "from anywhere"
    mode = (
        f"open: everybody may do everything ({reach})"
        if settings.open
        else "closed: keys and permissions"
    )
    advice = f"open {page} in two browsers, or: hubbub tail chat:lobby --url {page}"
    lines = (
        f"Hubbub {version('hubbub')} is at {page}",
        f"  mode     {mode}",
        f"  broker   {broker or settings.broker_shown}",
        f"  workers  {settings.workers}",
        f"  next     {advice}",
    )
    print("\n".join(lines), flush=True)
