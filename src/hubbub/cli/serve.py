"""`hubbub serve`: run a server, in this process or in several."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from hubbub import telemetry
from hubbub.config import Loaded, Settings, load
from hubbub.config.checks import is_loopback
from hubbub.server import worker
from hubbub.server.crew import complain, run_crew
from hubbub.server.plan import Plan


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
    worker_ports: Annotated[
        str | None,
        typer.Option(help="A port of its own for each worker as well, from this one on, as 6001+."),
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
        "worker_ports": worker_ports,
        "host": host,
        "port": port,
        "open": open_,
        "allowed_origins": origin or None,
        "api_keys": api_key or None,
        "log_level": log_level,
    }
    said = {name: each for name, each in flags.items() if each is not None}

    def read() -> Loaded:
        loaded = load(config, flags=said)
        telemetry.set_up(loaded.settings.log_level)
        complain(loaded.warnings)
        return loaded

    settings = read().settings
    if settings.workers == 1:
        plan = Plan(settings, app, own_port=settings.worker_ports)
        code = worker.run(plan, lambda port: _announce(settings, port))
    else:
        code = run_crew(settings, app, lambda: read().settings, _announce)
    raise typer.Exit(code)


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
        f"  workers  {settings.workers}{_own_ports(settings)}",
        f"  next     {advice}",
    )
    print("\n".join(lines), flush=True)


def _own_ports(settings: Settings) -> str:
    """Return the ports that the workers have for themselves."""
    first, last = settings.worker_ports, settings.worker_ports + settings.workers - 1
    if not first:
        return ""
    return (
        f", also on port {first}" if first == last else f", each also on its own of {first}-{last}"
    )
