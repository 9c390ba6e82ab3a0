"""`hubbub check`: whether a server would start with some settings, without starting one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hubbub.app import Hubbub
from hubbub.cli.failure import CommandFailed
from hubbub.config import load


def check(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", envvar="HUBBUB_CONFIG", help="Settings; hubbub.toml if it exists."
        ),
    ] = None,
) -> None:
    """Tell what is wrong or unknown in the settings, and end with 0 where nothing is.

    Nothing is connected to, and no port is taken.
    """
    loaded = load(config)
    Hubbub(loaded.settings)  # which reads keys, and the addresses of engines
    if loaded.warnings:
        raise CommandFailed("\n".join(loaded.warnings))
    typer.echo(f"{loaded.file or 'the settings'}: nothing is wrong")
