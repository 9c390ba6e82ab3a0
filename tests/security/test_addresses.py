"""Whose address counts, on a real server: a stranger cannot choose one, and a trusted proxy names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hubbub.http.admin.throttle import ATTEMPTS
from tests.docs.served import Served

SETTINGS = """
[admin]
password = "correct horse battery"

[listener]
trusted_proxies = ["127.0.0.2"]
"""
STRANGER, PROXY = "127.0.0.1", "127.0.0.2"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server, in whose log nothing may be an error."""
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
        yield served
        assert "Traceback" not in served.log()
        assert '"error"' not in served.log()


def asking(served: Served, by: str) -> httpx.Client:
    """Return a client whose own address is `by`."""
    way = httpx.HTTPTransport(local_address=by)
    return httpx.Client(transport=way, base_url=f"http://127.0.0.1:{served.port}", timeout=60)


def guess(client: httpx.Client, address: str) -> int:
    """Try a wrong password, naming an address, and return the status."""
    shown = {"X-Forwarded-For": address}
    return client.post("/admin/session", json={"secret": "wrong"}, headers=shown).status_code


def test_who_guesses_cannot_choose_an_address(served: Served) -> None:
    with asking(served, STRANGER) as client:
        statuses = [guess(client, f"192.0.2.{number}") for number in range(3 * ATTEMPTS)]
    assert 429 in statuses
    assert "192.0.2." not in served.log()


def test_a_trusted_proxy_names_who_asks(served: Served) -> None:
    with asking(served, PROXY) as client:
        for number in range(ATTEMPTS + 3):
            assert guess(client, f"198.51.100.1, 203.0.113.{number}") == 401
        assert served.log().count("203.0.113.") == ATTEMPTS + 3
        assert "198.51.100.1" not in served.log()
        assert 429 in [guess(client, "203.0.113.77") for _ in range(3 * ATTEMPTS)]
