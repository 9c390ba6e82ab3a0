"""Whose request it is: the peer of its socket, or whom a proxy names that the operator trusts; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

FORWARDED = "x-forwarded-for"
"""The header to whose end each proxy adds the address that it was asked from."""
SCHEME = "x-forwarded-proto"
"""The header that says how the first proxy was asked: what an application below makes links with."""

_SCHEMES = frozenset({"http", "https"})


class Proxies:
    """Know which addresses are proxies of ours.

    Args:
        networks: addresses, or networks such as `10.0.0.0/8`. Raises ValueError for what is neither.
    """

    __slots__ = ("_networks", "trusts")

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(each, strict=False) for each in networks]
        self.trusts = lru_cache(maxsize=1024)(self._trusts)
        """Tell whether an address is one of them."""

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(
            found, "ipv4_mapped", None
        )  # what a socket for both kinds calls one of IPv4
        return any((mapped or found) in network for network in self._networks)

    def peer(self, address: str, forwarded: str) -> str:
        """Return who asked the first of our proxies.

        Args:
            address: the socket's peer. forwarded: all `X-Forwarded-For` headers. The last name in them is
                what the proxy saw that asked us; what stands before the first stranger, the stranger said.
        """
        named = forwarded.split(",") if forwarded else []
        while named and self.trusts(address):
            name = _address_in(named.pop())
            if name is None:
                break
            address = name
        return address

    def scheme(self, address: str, said: str, own: str) -> str:
        """Return how a proxy of ours was asked, http or https, or how we were.

        Args:
            address: the socket's peer. said: `X-Forwarded-Proto`. own: how we were asked.
        """
        named = said.strip().lower()
        return named if named in _SCHEMES and self.trusts(address) else own


@lru_cache(maxsize=16)
def proxies(networks: tuple[str, ...]) -> Proxies:
    """Return the proxies of a setting, read once."""
    return Proxies(networks)


def _address_in(text: str) -> str | None:
    """Return the address that a proxy wrote, some of which write a port behind it; None where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
