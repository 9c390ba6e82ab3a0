"""`hubbub info` against real workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from hubbub.cli.info import _span, _together, total
from tests.cli.running import hubbub
from tests.server.running import serving, wait_until
from tests.servers import free_port, two_free_ports


def test_two_workers_and_all(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", "--api-key", "the-right-key") as server:
        key = ("--url", server.url, "--key", "the-right-key")
        ran = hubbub("info", *key, "--json")
        assert (ran.returncode, ran.stderr) == (0, "")
        told = json.loads(ran.stdout)
        assert [node["worker"] for node in told["nodes"]] == [1, 2]
        assert {node["process"]["pid"] for node in told["nodes"]} <= set(server.children())
        assert told["missing"] == []
        assert told["total"]["rss"] == sum(node["process"]["rss"] for node in told["nodes"])
        shown = hubbub("info", *key).stdout
        for word in (
            "worker",
            "clients",
            "users",
            "channels",
            "subs",
            "in/s",
            "out/s",
            "lag",
            "all",
        ):
            assert word in shown
        assert told["nodes"][0]["uid"] in shown
        bare = hubbub("info", "--url", server.url)
        assert (bare.returncode, "show a key" in bare.stderr) == (1, True)


def ready(port: int) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=30) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return {}


def test_who_dies_again_and_again_is_told_while_the_others_serve(tmp_path: Path) -> None:
    first = two_free_ports()
    with serving(tmp_path, "--workers", "2", "--worker-ports", f"{first}+") as server:
        victim = ""
        for _ in range(2):
            wait_until(lambda last=victim: ready(first + 1).get("node", last) != last)  # type: ignore[misc]
            victim = str(ready(first + 1)["node"])
            request = urllib.request.Request(f"{server.url}/api/info", b"{}")
            with urllib.request.urlopen(request, timeout=60) as answer:
                nodes = {node["uid"]: node for node in json.load(answer)["result"]["nodes"]}
            os.kill(nodes[victim]["process"]["pid"], signal.SIGKILL)
        wait_until(lambda: "down" in ready(first))
        told = f"worker 2 of {socket.gethostname()} died 2 times in a row: killed by SIGKILL"
        assert ready(first)["down"] == [told]
        assert ready(first)["status"] == "ready"
        wait_until(lambda: ready(first + 1).get("down") == [told])  # the new one knows it, too
        ran = hubbub("info", "--url", f"127.0.0.1:{first}")
        assert f"hubbub: {told}\n" in ran.stderr
        assert ran.returncode == 0


@contextmanager
def busy(ann: ClientConnection, bob: ClientConnection) -> Iterator[None]:
    """Have ann say something again and again, because only the last seconds are counted."""
    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.02):
            ann.send("x")
            ann.recv(60)
            bob.recv(60)

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        yield
    finally:
        over.set()
        talking.join()


def test_what_passes_is_told(tmp_path: Path) -> None:
    own = free_port()
    with serving(tmp_path, "--worker-ports", str(own)) as server:
        with (
            connect(f"ws://127.0.0.1:{own}/ws/lobby") as ann,
            connect(f"ws://127.0.0.1:{own}/ws/lobby") as bob,
            busy(ann, bob),
        ):

            def told() -> dict[str, float]:
                ran = hubbub("info", "--url", server.url, "--json")
                [node] = json.loads(ran.stdout)["nodes"]
                assert (node["worker"], node["port"]) == (1, own)
                return dict(json.loads(ran.stdout)["total"])

            wait_until(lambda: told()["messages_in"] > 0)
            last = told()
            assert (last["num_clients"], last["num_channels"], last["num_subs"]) == (2, 1, 2)
            # Both are rounded to a tenth.
            assert last["messages_out"] == pytest.approx(2 * last["messages_in"], abs=0.16)
            assert last["lag_ms"] >= 0
        assert "all" not in hubbub("info", "--url", server.url).stdout  # one is all


def test_nobody_is_there() -> None:
    ran = hubbub("info", "--url", f"127.0.0.1:{free_port()}")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("hubbub: no server answers at ")
    assert total([])["num_clients"] == 0


def test_what_several_nodes_may_share_is_between_two_numbers() -> None:
    here = dict.fromkeys(("num_clients", "num_subs", "messages_in", "messages_out"), 1)
    process = {"cpu": 1.0, "rss": 1, "lag_ms": 1.0}
    nodes = [
        {**here, "num_users": users, "num_channels": 900, "process": process} for users in (2, 3)
    ]
    all_ = total(nodes)
    assert (all_["num_channels"], all_["num_channels_at_most"]) == (900, 1800)
    assert [_together(all_, name) for name in ("num_users", "num_channels", "num_clients")] == [
        "3-5",
        "900-1,800",
        "2",
    ]


def test_spans_have_a_unit_that_suits_them() -> None:
    assert [_span(each) for each in (5, 119, 120, 7200, 200_000)] == [
        "5 s",
        "119 s",
        "2 min",
        "2 h",
        "2 d",
    ]
