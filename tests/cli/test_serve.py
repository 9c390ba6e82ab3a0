"""What `hubbub serve` says and takes; that it serves is tests/server's business."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from hubbub.cli.serve import _announce
from hubbub.config import Settings
from tests.server.running import HUBBUB, running, serving


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (
            Settings(),
            [
                "is at http://127.0.0.1:8000",
                "open: everybody",
                "only this machine",
                "sqlite:///hubbub.db",
            ],
        ),
        (
            Settings(host="0.0.0.0", open=True),
            ["is at http://localhost:8000", "open: everybody", "from anywhere"],
        ),
        (Settings(host="::1"), ["is at http://[::1]:8000", "only this machine"]),
        (Settings(open=False), ["closed: keys and permissions"]),
        (Settings(broker="redis://:hunter2@h/0"), ["redis://:***@h/0"]),
    ],
)
def test_the_start_up_lines(
    settings: Settings, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _announce(settings, 8000)
    told = capsys.readouterr().out
    for line in lines:
        assert line in told
    assert "hunter2" not in told
    assert told.splitlines()[-1].startswith("  next     open http")


def test_a_file_is_read_and_what_it_has_too_much_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'broker = "memory://"\nprot = 1\napi_keys = ["long-enough"]\n'
    )
    with running((*HUBBUB, "serve", "--config", "mine.toml", "--port", "0"), tmp_path) as server:
        server.wait_ready()
        assert server.err == "hubbub: mine.toml: prot is not a setting; did you mean port?\n"
        assert "closed: keys and permissions" in server.out
        assert server.status("/api/info") == 405


def test_the_default_broker_is_a_file_beside_us(tmp_path: Path) -> None:
    with running((*HUBBUB, "serve", "--port", "0"), tmp_path) as server:
        server.wait_ready()
        assert (tmp_path / "hubbub.db").exists()
        with urllib.request.urlopen(f"{server.url}/health/ready", timeout=30) as response:
            assert response.status == 200


def test_origins_may_be_given_twice(tmp_path: Path) -> None:
    origins = ("--origin", "https://a.example", "--origin", "https://b.example")
    with serving(tmp_path, *origins) as server:
        assert server.err == ""
