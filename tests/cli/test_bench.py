from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from hubbub.cli.bench import bench
from tests.bench.faulty_server import Behaviour, FaultyServer, doubles, drops, honest, swaps, up

app = typer.Typer()
app.command()(bench)
SMALL = ["-c", "3", "--in-flight", "4", "-m", "20", "--grace", "0.3"]


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_an_honest_server_passes() -> None:
    with up(FaultyServer(honest)) as port:
        code, out, err = run(f"ws://127.0.0.1:{port}", *SMALL)

    assert code == 0
    assert "nothing lost, nothing doubled, everything in order" in out
    assert "connected" in err


def test_the_result_is_json_when_asked_for() -> None:
    with up(FaultyServer(honest)) as port:
        code, out, _ = run(f"ws://127.0.0.1:{port}", *SMALL, "--json")

    told = json.loads(out)
    assert code == 0
    assert told["delivered"] == told["expected"] == 60
    assert told["clean"] is True


@pytest.mark.parametrize(
    ("behaviour", "finding"),
    [(drops, "1 lost"), (doubles, "1 doubled"), (swaps(), "1 out of order")],
    ids=["drops", "doubles", "swaps"],
)
def test_a_faulty_server_fails(behaviour: Behaviour, finding: str) -> None:
    with up(FaultyServer(behaviour)) as port:
        code, out, _ = run(f"ws://127.0.0.1:{port}", *SMALL)

    assert code == 1
    assert finding in out


def test_a_server_that_closes_fails_and_says_why() -> None:
    with up(FaultyServer(honest, lifetime=8)) as port:
        code, out, _ = run(f"ws://127.0.0.1:{port}", *SMALL)

    assert code == 1
    assert "3 times: the server closed the connection with 4000 enough" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["ws://127.0.0.1:9"],
            "no server answers at ws://127.0.0.1:9/ws/{channel}: connection refused",
        ),
        (["ftp://x"], "'ftp://x' is not a WebSocket URL"),
        (["ws://127.0.0.1:9", "-p", "smoke"], "no protocol is called 'smoke'"),
        (["ws://127.0.0.1:9", "-c", "5", "-r", "6"], "6 rooms need at least as many connections"),
        (["ws://127.0.0.1:9", "--size", "10"], "a message needs 64 bytes"),
        (["ws://127.0.0.1:9/ws/x", "-r", "2"], "2 rooms need {channel}"),
    ],
)
def test_what_cannot_begin_is_one_sentence(arguments: list[str], sentence: str) -> None:
    code, out, err = run(*arguments)

    assert code == 2
    assert out == ""
    assert err.startswith(f"hubbub bench: {sentence}")
    assert len(err.splitlines()) == 1


def test_a_refused_handshake_is_one_sentence() -> None:
    with up(FaultyServer(honest, refuses=True)) as port:
        code, _, err = run(f"ws://127.0.0.1:{port}", *SMALL)

    assert code == 2
    assert (
        err == "hubbub bench: the server refused the WebSocket handshake with HTTP 403 Forbidden\n"
    )
