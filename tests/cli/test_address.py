from __future__ import annotations

import pytest

from hubbub.cli.address import read_address
from hubbub.cli.failure import CommandFailed


@pytest.mark.parametrize(
    ("url", "http", "ws"),
    [
        ("http://h:8000", "http://h:8000", "ws://h:8000"),
        ("http://h:8000/", "http://h:8000", "ws://h:8000"),
        ("https://h", "https://h", "wss://h"),
        ("ws://h:1", "http://h:1", "ws://h:1"),
        ("wss://h/below/", "https://h/below", "wss://h/below"),
        ("h:8000", "http://h:8000", "ws://h:8000"),
        ("localhost", "http://localhost", "ws://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000", "ws://[::1]:8000"),
    ],
)
def test_a_server_can_be_named_in_many_ways(url: str, http: str, ws: str) -> None:
    address = read_address(url)
    assert (address.http, address.ws) == (http, ws)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://h",
        "http://",
        "http://h:x",
        "http://h:99999",
        "http://h:0",
        "http://h?x=1",
        "http://[::1",
        "//h",
    ],
)
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(CommandFailed, match="is no server's address") as caught:
        read_address(url)
    assert caught.value.code == 2


def test_a_password_in_it_is_used_and_not_shown() -> None:
    address = read_address("https://me:hunter2@h/below")
    assert (address.http, address.shown) == ("https://me:hunter2@h/below", "https://me:***@h/below")
    with pytest.raises(CommandFailed) as caught:
        read_address("htp://me:hunter2@h")
    assert "hunter2" not in str(caught.value)


def test_a_channel_may_have_any_name() -> None:
    address = read_address("http://h")
    assert address.channel("chat:a/b c?#%") == "ws://h/ws/chat%3Aa%2Fb%20c%3F%23%25"
