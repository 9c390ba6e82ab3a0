"""Whom a request is from, where proxies say it and strangers lie."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.transports.proxies import Proxies, proxies

OURS = Proxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("address", "forwarded", "peer"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7, ", "127.0.0.1"),
        ("::ffff:127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::1", "[2001:db9::7]:4711", "2001:db9::7"),
        ("2001:db8::1", "2001:DB9:0::7", "2001:db9::7"),
        ("", "203.0.113.7", ""),
    ],
)
def test_the_first_stranger_from_the_end_is_who_asks(
    address: str, forwarded: str, peer: str
) -> None:
    assert OURS.peer(address, forwarded) == peer


@given(st.text(), st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=5))
def test_what_a_stranger_says_does_not_matter(said: str, chain: list[str]) -> None:
    honest = [each for each in chain if ipaddress.ip_address(each) not in NETWORK]
    stranger = honest[-1] if honest else "203.0.113.7"
    header = f"{said}, {stranger}, 10.1.2.3"
    assert OURS.peer("127.0.0.1", header) == stranger


NETWORK = ipaddress.ip_network("10.0.0.0/8")


def test_who_trusts_nobody_believes_nobody() -> None:
    assert proxies(()).peer("127.0.0.1", "203.0.113.7") == "127.0.0.1"
    assert proxies(("127.0.0.1",)) is proxies(("127.0.0.1",))
    with pytest.raises(ValueError, match="nonsense"):
        Proxies(["nonsense"])


@pytest.mark.parametrize(
    ("address", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", " HTTPS", "https"),
        ("127.0.0.1", "", "http"),
        ("127.0.0.1", "javascript", "http"),
        ("127.0.0.1", "https, http", "http"),
        ("203.0.113.7", "https", "http"),
        ("", "https", "http"),
    ],
)
def test_a_proxy_says_how_it_was_asked(address: str, said: str, scheme: str) -> None:
    assert OURS.scheme(address, said, "http") == scheme
