"""`hubbub tail` against a real server: it shows what is said, and a cut costs nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hubbub.cli.address import read_address
from hubbub.cli.tail import Follower, _clean
from tests.cli.running import hubbub
from tests.server.running import ENVIRONMENT, HUBBUB, Running, running, serving, wait_until
from tests.servers import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


def call(server: Running, method: str, **request: object) -> dict[str, Any]:
    body = json.dumps(request).encode()
    with urllib.request.urlopen(f"{server.url}/api/{method}", body, timeout=60) as response:
        result: dict[str, Any] = json.load(response)["result"]
        return result


@contextmanager
def tailing(place: Path, server: Running, channel: str, *arguments: str) -> Iterator[Running]:
    """Run a tail until it follows the channel."""
    before = call(server, "presence_stats", channel=channel)["num_clients"]
    command = (*HUBBUB, "tail", channel, "--url", server.url, *arguments)
    with running(command, place) as tail:
        wait_until(
            lambda: (
                call(server, "presence_stats", channel=channel)["num_clients"] > before
                or tail.process.poll() is not None
            )
        )
        yield tail


def test_it_shows_what_is_said(tmp_path: Path, server: Running) -> None:
    with tailing(tmp_path, server, "shown", "--count", "2") as tail:
        call(server, "publish", channel="shown", data="hello")
        call(server, "publish", channel="shown", data={"n": [1]})
        assert tail.process.wait(60) == 0
        first, second = tail.out.splitlines()[-2:]
        assert first.split()[1:] == ["1", "hello"]
        assert second.split(maxsplit=2)[1:] == ["2", '{"n": [1]}']
        assert tail.err == ""


def test_raw_lines_are_what_the_server_says(tmp_path: Path, server: Running) -> None:
    with tailing(tmp_path, server, "raw", "--json", "--count", "1") as tail:
        call(server, "publish", channel="raw", data=1, tags={"a": "b"})
        assert tail.process.wait(60) == 0
        said = [json.loads(line) for line in tail.out.splitlines()]
        assert [each["type"] for each in said][:2] == ["connected", "subscribed"]
        assert (said[-1]["type"], said[-1]["data"], said[-1]["tags"]) == ("message", 1, {"a": "b"})


def test_it_begins_after_a_position(tmp_path: Path, server: Running) -> None:
    for text in ("one", "two", "three"):
        ran = hubbub("publish", "since", text, "--url", server.url)
        if text == "one":
            position = ran.stdout.strip()
    ran = hubbub("tail", "since", "--since", position, "--count", "2", "--url", server.url)
    assert ran.returncode == 0
    assert [line.split()[-1] for line in ran.stdout.splitlines() if "joined" not in line] == [
        "two",
        "three",
    ]


def test_ctrl_c_is_a_clean_end(tmp_path: Path, server: Running) -> None:
    with tailing(tmp_path, server, "ended") as tail:
        assert tail.stop(signal.SIGINT) == 0
        assert tail.err == ""


def test_a_reader_that_has_enough_ends_it(server: Running) -> None:
    for text in ("one", "two", "three"):
        call(server, "publish", channel="piped", data=text)
    top = call(server, "history", channel="piped")
    command = (*HUBBUB, "tail", "piped", "--since", f"{top['epoch']}.0", "--url", server.url)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as tail:
        assert tail.stdout is not None
        assert tail.stderr is not None
        tail.stdout.readline()
        tail.stdout.close()
        deadline = time.monotonic() + 60
        while tail.poll() is None and time.monotonic() < deadline:
            call(server, "publish", channel="piped", data="more")
            time.sleep(0.05)
        assert tail.returncode == 0
        assert tail.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("!own",), "hubbub: the server says: "),
        (("lobby", "--since", "nonsense"), "hubbub: the server says: "),
    ],
)
def test_what_the_server_refuses_is_told(
    server: Running, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = hubbub("tail", *arguments, "--url", server.url)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(sentence)
    assert len(ran.stderr.splitlines()) == 1


def test_a_channel_may_have_a_slash_and_more(tmp_path: Path, server: Running) -> None:
    channel = "a/b c%41?&房"
    with tailing(tmp_path, server, channel, "--count", "1") as tail:
        call(server, "publish", channel=channel, data="here")
        assert tail.process.wait(60) == 0
        assert tail.out.splitlines()[-1].endswith(" here")


def test_a_cut_costs_nothing(tmp_path: Path) -> None:
    """The server is killed and started again on the same file; what is said meanwhile arrives, once."""
    place = tmp_path / "server"
    place.mkdir()
    # Not one of those that the kernel gives to anybody who connects: it must be free when it is wanted again.
    port = str(free_port())
    serve = (*HUBBUB, "serve", "--port", port, "--broker", "sqlite:///kept.db")
    with running(serve, place) as first:
        first.wait_ready()
        with tailing(tmp_path, first, "cut", "--count", "6") as tail:
            for n in range(3):
                call(first, "publish", channel="cut", data=f"m{n}")
            wait_until(lambda: "m2" in tail.out)
            os.kill(first.process.pid, signal.SIGKILL)
            first.process.wait()
            with running(serve, place) as second:
                second.wait_ready()
                for n in range(3, 6):
                    call(second, "publish", channel="cut", data=f"m{n}")
                assert tail.process.wait(60) == 0
            shown = [
                line.split()[-1]
                for line in tail.out.splitlines()
                if "joined" not in line and "left" not in line
            ]
            assert shown == [f"m{n}" for n in range(6)]
            assert "connected again" in tail.err


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert _clean("a\x1b[31m\x07\u202eb\n") == "a\\x1b[31m\\x07\\u202eb\\n"
    assert _clean("房间 🙂") == "房间 🙂"


def test_a_follower_remembers_where_it_is() -> None:
    server, follower = read_address("http://h"), Follower("room")
    assert follower.address(server) == "ws://h/ws/room?format=json"
    follower.take({"type": "subscribed", "epoch": "e", "position": "e.4.7"})
    assert follower.since == "e.4.7"
    follower.take({"type": "message", "offset": 5, "tag": 9})
    assert follower.since == "e.5.9"
    follower.take({"type": "message"})
    follower.take({"type": "joined"})
    assert follower.address(server) == "ws://h/ws/room?format=json&since=e.5.9"
    follower.take({"type": "subscribed", "epoch": "e", "position": "e.8.1", "recovered": True})
    assert follower.since == "e.5.9"
    follower.take({"type": "resync", "epoch": "f", "position": "f.2.3"})
    assert (follower.epoch, follower.since) == ("f", "f.2.3")
    follower.take({"type": "subscribed", "epoch": "g", "position": "g.1.1", "recovered": False})
    assert follower.since == "g.1.1"
