"""Several real workers: their ports, and what a reload brings and cannot change."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from hubbub.config import Settings
from hubbub.server.crew import crew_of, lasting, own_ports
from hubbub.server.plan import Plan
from tests.server.running import serving, wait_until
from tests.servers import free_port, two_free_ports

PROGRAM = """
from hubbub.app import Hubbub
app = Hubbub()
print("program {version} sees", app.settings.limits.channels, flush=True)
"""


def node_at(port: int) -> str:
    """Return the node that answers on a port, "" where nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=30) as answer:
            return str(answer.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return ""


def test_each_worker_has_its_plan() -> None:
    crew = crew_of(Settings(port=7, workers=3, worker_ports="6001+", drain_s=1.0), "app.py")  # type: ignore[arg-type]
    plans = [Plan.decode(line) for line in crew.plans]
    assert [(plan.worker, plan.own_port) for plan in plans] == [(1, 6001), (2, 6002), (3, 6003)]
    assert all(plan.shared and plan.app == "app.py" for plan in plans)
    assert crew.patience_s > 1.0
    assert own_ports(Settings(workers=3)) == []


def test_sockets_and_neighbours_outlast_a_reload() -> None:
    running = Settings(port=7, workers=2, broker="redis://here")
    asked = Settings(port=8, workers=3, broker="memory://", drain_s=3.0)
    kept = lasting(asked, running)
    assert (kept.port, kept.workers, kept.broker, kept.drain_s) == (7, 2, "redis://here", 3.0)


def test_a_crew_of_real_workers(tmp_path: Path) -> None:
    program, settings = tmp_path / "mine.py", tmp_path / "hubbub.toml"
    program.write_text(PROGRAM.format(version=1))
    settings.write_text("drain_s = 1\n[limits]\nchannels = 7\n")
    first = two_free_ports()
    with serving(
        tmp_path, "mine.py:app", "--workers", "2", "--worker-ports", f"{first}+"
    ) as server:
        assert f"  workers  2, each also on its own of {first}-{first + 1}\n" in server.out
        assert server.out.count("program 1 sees 7") == 2
        nodes = [node_at(first), node_at(first + 1)]
        assert len(set(nodes)) == 2 and all(nodes)
        assert {node_at(first) for _ in range(5)} == {nodes[0]}

        program.write_text(PROGRAM.format(version=2))
        settings.write_text("drain_s = 1\nworkers = 5\n[limits]\nchannels = 8\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reloaded: 2 workers" in server.out)
        assert server.out.count("program 2 sees 8") == 2
        fresh = [node_at(first), node_at(first + 1)]
        assert len({*nodes, *fresh}) == 4 and all(fresh)
        assert server.err == ""

        program.write_text("from hubbub.app import Hubbub\napp = Hubbub(\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "not reloaded" in server.err)
        assert (
            "hubbub: not reloaded: a new worker could not start: SyntaxError: '(' was never closed "
            "(mine.py, line 2)\n" in server.err
        )
        program.write_text(PROGRAM.format(version=3))
        settings.write_text("drain_s = 'x'\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.err.count("not reloaded") == 2)
        assert "hubbub: not reloaded: hubbub.toml: drain_s" in server.err
        assert [node_at(first), node_at(first + 1)] == fresh


def test_a_single_worker_says_how_to_be_reloaded(tmp_path: Path) -> None:
    own = free_port()
    with serving(tmp_path, "--worker-ports", str(own)) as server:
        assert f"  workers  1, also on port {own}\n" in server.out
        os.kill(server.process.pid, signal.SIGHUP)
        wait_until(lambda: "not reloaded: that takes --workers 2 or more" in server.err)
        assert node_at(own) and server.status("/health/live") == 200


@pytest.mark.parametrize("ports", ["65535+", "7999+", "x", "-1", True])
def test_ports_that_cannot_be_are_refused(ports: object) -> None:
    with pytest.raises(ValueError, match="worker_ports"):
        Settings(workers=3, worker_ports=ports)  # type: ignore[arg-type]
