"""`hubbub version`: what is running, for a report."""

from __future__ import annotations

import platform
from importlib.metadata import version as version_of

import typer


def version() -> None:
    """Print the versions of Hubbub and of what it stands on."""
    below = ", ".join(f"{name} {version_of(name)}" for name in ("uvloop", "uvicorn", "starlette"))
    typer.echo(f"hubbub {version_of('hubbub')} (Python {platform.python_version()}, {below})")
