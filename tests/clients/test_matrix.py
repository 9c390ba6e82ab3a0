"""The npm `centrifuge` SDK, as it is published, over each of its transports and on each engine."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.clients.engines import Site
from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients

PLAY_WITHIN_S = 240
SCENARIOS = 22

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)

TRANSPORTS = (
    "plain",
    "websocket-json",
    "websocket-protobuf",
    "sse",
    "http-stream-json",
    "http-stream-protobuf",
)


def play(transport: str, served: Site) -> dict[str, str]:
    """Play all scenarios in one process; return what was wrong with each ("" : nothing)."""
    settings = {
        "transport": transport,
        "engine": served.engine,
        "port": served.served.port,
        "secret": served.secret,
        "key": served.key,
    }
    process = subprocess.Popen(
        [node_with_clients(), "matrix/run.mjs", json.dumps(settings)],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    outcome: dict[str, str] = {}
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said = json.loads(line)
                if "strike" in said:
                    served.kill()
                    process.stdin.write(json.dumps({"kept": served.keeps}) + "\n")
                else:
                    outcome[said["scenario"]] = said.get("failed", "")
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0
    return outcome


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_all_scenarios(transport: str, served: Site) -> None:
    outcome = play(transport, served)
    failures = [f"{name}: {failed}" for name, failed in outcome.items() if failed]
    assert not failures, "\n\n".join(failures) + served.served.log()
    assert len(outcome) == (3 if transport == "plain" else SCENARIOS)
