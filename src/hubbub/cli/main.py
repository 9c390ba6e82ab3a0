"""The command line: one verb per module, one sentence and one exit code for whatever goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import cast

import typer

from hubbub.cli.bench import bench
from hubbub.cli.failure import FAILED, MISUSED, CommandFailed
from hubbub.cli.info import info
from hubbub.cli.publish import publish
from hubbub.cli.serve import serve
from hubbub.cli.tail import tail
from hubbub.cli.token import token
from hubbub.cli.version import version
from hubbub.errors import ConfigurationError, HubbubError

_UsageError = cast(type[Exception], typer.BadParameter.__mro__[1])
"""Click's error for wrong flags, wherever typer keeps its click."""

app = typer.Typer(
    name="hubbub",
    help="A realtime messaging server: every client, one hub.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (serve, publish, tail, token, info, bench, version):
    app.command()(verb)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, 1 for what failed, 2 for what was asked wrongly."""
    try:
        code = app(args=list(arguments) or ["--help"], prog_name="hubbub", standalone_mode=False)
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
