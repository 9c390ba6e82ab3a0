"""The command line: one verb per module, one sentence and one exit code for whatever goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version as version_of
from typing import Annotated, cast

import typer

from hubbub.cli.failure import FAILED, MISUSED, CommandFailed
from hubbub.errors import ConfigurationError, HubbubError

VERBS = ("serve", "check", "publish", "send", "tail", "token", "info", "bench", "version")

_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])
"""Click's error for wrong flags, wherever typer keeps its click."""


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"hubbub {version_of('hubbub')}")
        raise typer.Exit


_Version = Annotated[
    bool,
    typer.Option("--version", callback=_tell_version, is_eager=True, help="Show it and end."),
]


def _options(version: _Version = False) -> None:
    """Take what may stand before a verb."""


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with the verb that is asked for, or with all where it may be any.

    Each verb is imported only if it is wanted: who asks a server needs none.
    """
    app = typer.Typer(
        name="hubbub",
        help="A realtime messaging server: every client, one hub.",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=_options,
    )
    wanted = arguments[:1] if set(arguments[:1]) & {*VERBS, "--version"} else VERBS
    for verb in VERBS:
        if verb in wanted:
            app.command()(getattr(import_module(f"hubbub.cli.{verb}"), verb))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, 1 for what failed, 2 for what was asked wrongly."""
    try:
        code = app_for(arguments)(
            args=list(arguments) or ["--help"], prog_name="hubbub", standalone_mode=False
        )
    except _UsageError as fault:
        return _end(_sentence(fault), MISUSED)
    except ConfigurationError as fault:
        return _end(str(fault), MISUSED)
    except CommandFailed as fault:
        return _end(str(fault), fault.code)
    except HubbubError as fault:
        return _end(str(fault), FAILED)
    return code if isinstance(code, int) else 0


def _sentence(fault: Exception) -> str:
    """Return click's message as one sentence, and where to read on."""
    said = fault.format_message() if hasattr(fault, "format_message") else str(fault)
    said = " ".join(said.split()).rstrip(".")
    return f"{said[:1].lower()}{said[1:]}; hubbub --help lists what there is"


def _end(sentences: str, code: int) -> int:
    for sentence in sentences.splitlines():
        sys.stderr.write(f"hubbub: {sentence}\n")
    return code


def main() -> None:
    """Be the console script `hubbub`."""
    sys.exit(run(sys.argv[1:]))
