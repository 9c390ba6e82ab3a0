"""`hubbub publish` against a real server."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import hubbub
from tests.server.running import Running, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


def history(server: Running, channel: str) -> list[Any]:
    body = json.dumps({"channel": channel, "limit": 100}).encode()
    with urllib.request.urlopen(f"{server.url}/api/history", body, timeout=60) as response:
        return [each["data"] for each in json.load(response)["result"]["publications"]]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ("hello", "hello"),
        ('{"n": 1}', {"n": 1}),
        ("17", 17),
        ('"quoted"', "quoted"),
        ("{broken", "{broken"),
        ("房间 🙂", "房间 🙂"),
        ("", ""),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_json_is_json_and_the_rest_is_text(server: Running, data: str, kept: object) -> None:
    ran = hubbub("publish", "lobby", data, "--url", server.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    epoch, offset = ran.stdout.strip().split(".")
    assert epoch
    assert history(server, "lobby")[int(offset) - 1] == kept


def test_data_may_come_from_standard_input(server: Running) -> None:
    assert hubbub("publish", "piped", "-", "--url", server.url, text='{"a":1}').returncode == 0
    assert history(server, "piped") == [{"a": 1}]


def test_the_same_name_is_one_message(server: Running) -> None:
    command = ("publish", "once", "hi", "--once", "k1", "--url", server.url)
    assert hubbub(*command).stdout == hubbub(*command).stdout
    assert history(server, "once") == ["hi"]


def test_the_server_can_be_named_by_a_variable(server: Running) -> None:
    assert hubbub("publish", "variable", "hi", HUBBUB_URL=server.url).returncode == 0


@pytest.mark.parametrize("channel", ["!own", "", "x" * 300])
def test_what_the_server_refuses_is_told(server: Running, channel: str) -> None:
    ran = hubbub("publish", channel, "hi", "--url", server.url)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("hubbub: the server says: bad request")


def test_keys(tmp_path: Path) -> None:
    with serving(tmp_path, "--api-key", "the-right-key") as server:
        bare = hubbub("publish", "lobby", "hi", "--url", server.url)
        assert (bare.returncode, "show a key" in bare.stderr) == (1, True)
        wrong = hubbub("publish", "lobby", "hi", "--url", server.url, "--key", "the-wrong-key")
        assert (wrong.returncode, "not known" in wrong.stderr) == (1, True)
        assert (
            hubbub(
                "publish", "lobby", "hi", "--url", server.url, "--key", "the-right-key"
            ).returncode
            == 0
        )
        by_variable = hubbub(
            "publish", "lobby", "hi", "--url", server.url, HUBBUB_KEY="the-right-key"
        )
        assert by_variable.returncode == 0
        assert "the-right-key" not in server.out + server.err


class Stranger(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_error(418, "teapot")

    def log_message(self, format: str, *args: object) -> None:
        return


def test_another_kind_of_server_is_told() -> None:
    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        thread = threading.Thread(target=stranger.handle_request)
        thread.start()
        ran = hubbub("publish", "lobby", "hi", "--url", f"127.0.0.1:{stranger.server_port}")
        thread.join()
    assert (ran.returncode, ran.stderr) == (1, "hubbub: the server says: HTTP 418 teapot (418)\n")
