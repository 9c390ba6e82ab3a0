from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.rig.process import running
from hubbub.cli.main import run as hubbub
from tests.bench.faulty_server import Behaviour, FaultyServer, doubles, drops, honest, swaps, up
from tests.servers import free_port

SRC = Path(__file__).resolve().parents[2] / "src"
SMALL = ["-c", "3", "--in-flight", "4", "-m", "20", "--grace"]
PATIENT, HASTY = [*SMALL, "30"], [*SMALL, "1"]

Said = pytest.CaptureFixture[str]


def run(said: Said, *arguments: str) -> tuple[int, str, str]:
    code = hubbub(["bench", *arguments])
    out, err = said.readouterr()
    return code, out, err


def test_an_honest_server_passes(capsys: Said) -> None:
    with up(FaultyServer(honest)) as port:
        code, out, err = run(capsys, f"ws://127.0.0.1:{port}", *PATIENT)

    assert code == 0
    assert "nothing lost, nothing doubled, everything in order" in out
    assert "connected" in err


def test_the_result_is_json_when_asked_for(capsys: Said) -> None:
    with up(FaultyServer(honest)) as port:
        code, out, _ = run(capsys, f"ws://127.0.0.1:{port}", *PATIENT, "--json")

    told = json.loads(out)
    assert code == 0
    assert told["delivered"] == told["expected"] == 60
    assert told["clean"] is True


@pytest.mark.parametrize(
    ("behaviour", "finding", "arguments"),
    [
        (drops, "1 lost", HASTY),
        (doubles, "1 doubled", PATIENT),
        (swaps(), "1 out of order", PATIENT),
    ],
    ids=["drops", "doubles", "swaps"],
)
def test_a_faulty_server_fails(
    capsys: Said, behaviour: Behaviour, finding: str, arguments: list[str]
) -> None:
    with up(FaultyServer(behaviour)) as port:
        code, out, _ = run(capsys, f"ws://127.0.0.1:{port}", *arguments)

    assert code == 1
    assert finding in out


def test_a_server_that_closes_fails_and_says_why(capsys: Said) -> None:
    with up(FaultyServer(honest, lifetime=8)) as port:
        code, out, _ = run(capsys, f"ws://127.0.0.1:{port}", *PATIENT)

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
def test_what_cannot_begin_is_one_sentence(
    capsys: Said, arguments: list[str], sentence: str
) -> None:
    code, out, err = run(capsys, *arguments)

    assert code == 2
    assert out == ""
    assert err.startswith(f"hubbub: {sentence}")
    assert len(err.splitlines()) == 1


def test_a_refused_handshake_is_one_sentence(capsys: Said) -> None:
    with up(FaultyServer(honest, refuses=True)) as port:
        code, _, err = run(capsys, f"ws://127.0.0.1:{port}", *PATIENT)

    assert code == 2
    assert err == "hubbub: the server refused the WebSocket handshake with HTTP 403 Forbidden\n"


@pytest.mark.parametrize("protocol", ["text", "centrifuge"])
def test_hubbub_itself_passes(capsys: Said, protocol: str) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "hubbub",
        "serve",
        "--port",
        str(port),
        "--broker",
        "memory://",
    ]
    load = ["-c", "20", "-r", "4", "--publishers", "2", "--in-flight", "8", "-m", "200"]

    with running(command, port, {"PYTHONPATH": str(SRC)}):
        code, out, _ = run(capsys, f"ws://127.0.0.1:{port}", "-p", protocol, *load, "--json")

    told = json.loads(out)
    assert code == 0, told
    assert (told["published"], told["delivered"], told["clean"]) == (200, 1000, True)
