"""Whose address counts, on a real server: a stranger cannot choose one, and a trusted proxy names it."""

from __future__ import annotations

import zlib
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

[tokens]
hmac_secret = "the secret of these tests, long enough"

[access]
anonymous = true

[entries]
connections_per_s = 0.01
connection_burst = 9
messages_per_s = 0.01
message_burst = 6
polls_per_s = 0.01
poll_burst = 6
inbox_per_s = 0.01
inbox_burst = 6
polled = 7
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


def statuses(client: httpx.Client, address: str, times: int, method: str, path: str) -> list[int]:
    """Ask so often as somebody of an address; who is refused must be told when to come again."""
    answers = [
        client.request(
            method, path.format(number), headers={"X-Forwarded-For": address}, content=b"[]"
        )
        for number in range(times)
    ]
    assert all("retry-after" in each.headers for each in answers if each.status_code == 429)
    return [each.status_code for each in answers]


OPEN = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize(
    ("method", "path", "passed", "bound"),
    [
        ("POST", "/inbox/pull", 400, 6),
        ("POST", "/emulation", 400, 6),
        ("POST", f"{OPEN}&sid=n1.x", 400, 6),
        ("POST", "/connection/sockjs/0/s{}/xhr_send", 404, 6),
        ("GET", f"{OPEN}&sid=n1.x", 400, 6),
        ("GET", f"{OPEN}&sid=n1.x&j=0", 400, None),
        ("GET", OPEN, 200, 7),
        ("GET", "/connection/uni_sse?cf_connect=%7B", 200, 9),
    ],
    ids=["inbox", "emulation", "said", "SockJS", "poll", "wrong", "sessions", "streams"],
)
def test_one_address_may_do_so_much(
    served: Served, method: str, path: str, passed: int, bound: int | None
) -> None:
    hostile = f"198.51.100.{zlib.crc32(path.encode()) % 250}"
    with asking(served, PROXY) as client:
        told = statuses(client, hostile, 12, method, path)
        assert told == [passed] * (bound or 12) + [429] * (12 - (bound or 12))
        assert statuses(client, "203.0.113.200", 1, method, path) == [passed]
    with asking(served, STRANGER) as client:
        assert statuses(client, hostile, 12, method, path) == [passed] * 12


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
            assert guess(client, f"192.0.2.1, 203.0.113.{number}") == 401
        assert served.log().count("203.0.113.") == ATTEMPTS + 3
        assert "192.0.2." not in served.log()
        assert 429 in [guess(client, "203.0.113.77") for _ in range(3 * ATTEMPTS)]
