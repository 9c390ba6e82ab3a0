"""What is asked wrongly gets one sentence and exit code 2; what fails gets one and 1."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from hubbub.cli.main import run
from tests.cli.running import hubbub
from tests.server.running import ENVIRONMENT

SEE = "; hubbub --help lists what there is"

WRONG = [
    ("serv", 2, f"no such command 'serv'. Did you mean 'serve'?{SEE}"),
    ("serve --prot 3", 2, f"no such option: --prot (Possible options: --host, --port){SEE}"),
    ("serve --port x", 2, "--port must be a whole number, not 'x'"),
    ("serve --port 70000", 2, "--port must be at most 65535, not '70000'"),
    ("serve --workers 0", 2, "--workers must be a number from 1 to 512, or auto, not '0'"),
    ("serve --broker nonsense", 2, "--broker must be a URL that begins with one of "),
    ("serve --broker redis:/x", 2, "--broker lacks the slashes of redis://"),
    ("serve --origin example.org", 2, "--origin has 'example.org'; an origin reads like https://"),
    (
        "serve --api-key short",
        2,
        "--api-key has key1, which is shorter than 8 characters, or not ASCII",
    ),
    ("serve --log-level loud", 2, "--log-level must be 'debug', 'info', 'warning' or 'error'"),
    ("serve --host 0.0.0.0", 2, "--host is 0.0.0.0, which can be reached from elsewhere"),
    ("serve --config nope.toml", 2, "nope.toml: cannot be read: No such file or directory"),
    ("serve --port", 2, f"option '--port' requires an argument{SEE}"),
    ("serve nope.py:app --broker memory://", 2, "nope.py does not exist"),
    (
        "serve --broker sqlite:///x.db --workers 2",
        2,
        "sqlite:// lives in one process: use --workers 1",
    ),
    ("serve --broker memory:// --workers 2", 2, "memory:// lives in one process: use --workers 1"),
    ("publish", 2, f"missing argument 'channel'{SEE}"),
    ("publish lobby", 2, f"missing argument 'data'{SEE}"),
    ("publish lobby hi extra", 2, f"got unexpected extra argument(s) (extra){SEE}"),
    ("publish lobby hi --url ftp://x", 2, "--url 'ftp://x' is no server's address"),
    (
        "publish lobby hi --url http://127.0.0.1:1",
        1,
        "no server answers at http://127.0.0.1:1: connection refused",
    ),
    (
        "publish lobby hi --url http://x.invalid",
        1,
        "no server answers at http://x.invalid: the host's name is not known",
    ),
    ("tail", 2, f"missing argument 'channel'{SEE}"),
    ("tail lobby --url http://", 2, "--url 'http://' is no server's address"),
    ("tail lobby --url 127.0.0.1:x", 2, "--url '127.0.0.1:x' is no server's address"),
    ("tail lobby --count -1", 2, "invalid value for '--count' / '-n'"),
    (
        "tail lobby --url 127.0.0.1:1",
        1,
        "no server answers at http://127.0.0.1:1: connection refused",
    ),
    ("version --what", 2, f"no such option: --what{SEE}"),
]


@pytest.mark.parametrize(("line", "code", "sentence"), WRONG, ids=[line for line, *_ in WRONG])
def test_what_is_wrong_gets_one_sentence(
    line: str,
    code: int,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(line.split()) == code
    told = capsys.readouterr()
    assert told.out == ""
    [said] = told.err.splitlines()
    assert said.startswith(f"hubbub: {sentence}")


def test_several_mistakes_are_several_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hubbub.toml").write_text("port = 'x'\n[hub]\nring_size = -1\n")
    assert run(["serve", "--workers", "none"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_no_sentence_shows_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["serve", "--broker", "amqp://user:hunter2@host", "--api-key", "hunter"]) == 2
    assert "hunter" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_lists_every_verb(arguments: tuple[str, ...]) -> None:
    ran = hubbub(*arguments)
    assert ran.returncode == 0
    for verb in ("serve", "publish", "tail", "bench", "version"):
        assert verb in ran.stdout


def test_who_asks_for_the_version_waits_for_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"hubbub {version('hubbub')}\n"


def test_a_verb_that_asks_a_server_imports_none() -> None:
    program = (
        "import sys; from hubbub.cli.main import app_for;"
        "[app_for([verb]) for verb in ('publish', 'tail', 'info', 'bench', 'version')];"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    imported = set(ran.stdout.split())
    assert "hubbub.cli.publish" in imported
    assert not imported & {"hubbub.app", "hubbub.config", "hubbub.server", "hubbub.hub", "pydantic"}
    assert not imported & {"starlette", "uvicorn", "httpx", "jwt", "cryptography", "structlog"}


def test_it_runs_as_a_module_and_gives_its_exit_code() -> None:
    ran = hubbub("nonsense")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("hubbub: no such command 'nonsense'")
