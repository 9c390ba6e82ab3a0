"""Which web pages may connect: the Origin check (RFC 6455 section 10.2, RFC 6454), and the Host check.

Pure functions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

ANY = "*"
_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^\s/\[\]:@?#\\,]+)(?::(?P<port>[0-9]{1,5}))?"
)


def origin_allowed(origin: str, host: str, allowed: Sequence[str]) -> bool:
    """Tell whether a page of `origin` may connect to the server that it addressed as `host`.

    Browsers always send the header, and cannot be made to lie; other programs may send none (`""`), and pass.

    Args:
        origin: the Origin header.
        host: the Host header. A page of the same host and port is always allowed; where one of them names no
            port, its origin's scheme says which one is meant, because a proxy may end TLS in front of us.
        allowed: origins such as `https://example.com`; `https://*.example.com` means every name below that;
            `*` means every origin, even `null` and malformed ones.
    """
    if not origin or ANY in allowed:
        return True
    matched = _ORIGIN.fullmatch(origin.lower())
    if matched is None:
        return False
    scheme, name, port = (
        matched["scheme"],
        matched["host"],
        _port(matched["port"], matched["scheme"]),
    )
    if _same_place(name, port, scheme, host.lower()):
        return True
    return any(_matches(pattern.lower(), scheme, name, port) for pattern in allowed)


def host_served(host: str, allowed: Sequence[str]) -> bool:
    """Tell whether a server that only its own machine may reach answers to the name in a Host header.

    A page of any site can have its own name lead to this machine (DNS rebinding), and then has our origin.
    It cannot do so with `localhost` or with an address. A request without the header is no browser's.

    Args:
        host: the Host header. allowed: origins, as for `origin_allowed`; their names are served too.
    """
    if not host or ANY in allowed:
        return True
    matched = _ORIGIN.fullmatch(f"http://{host.lower()}")
    if matched is None:
        return False
    name = matched["host"]
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    return any(_matches_name(pattern.lower(), name) for pattern in allowed)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _port(text: str | None, scheme: str) -> int | None:
    return int(text) if text else _PORTS.get(scheme)


def _same_place(name: str, port: int | None, scheme: str, host: str) -> bool:
    """Compare with the Host header, which has no scheme; so its port is taken as the origin's would be."""
    if scheme not in _PORTS:
        return False
    matched = _ORIGIN.fullmatch(f"{scheme}://{host}")
    return matched is not None and (name, port) == (matched["host"], _port(matched["port"], scheme))


def _matches(pattern: str, scheme: str, name: str, port: int | None) -> bool:
    parts = _read_pattern(pattern.rstrip("/"))
    if parts is None:
        return False
    wanted_scheme, _, wanted_port = parts
    return (scheme, port) == (wanted_scheme, wanted_port) and _matches_name(pattern, name)


def _matches_name(pattern: str, name: str) -> bool:
    parts = _read_pattern(pattern.rstrip("/"))
    if parts is None:
        return False
    wanted = parts[1]
    if wanted.startswith("*."):
        return name.endswith(wanted[1:]) and len(name) >= len(wanted)
    return name == wanted


@lru_cache(maxsize=256)
def _read_pattern(pattern: str) -> tuple[str, str, int | None] | None:
    """Return scheme, name and port of an allowed origin; None where it is none, so that it allows nothing."""
    matched = _ORIGIN.fullmatch(pattern)
    if matched is None or "*" in matched["host"].removeprefix("*."):
        return None
    return matched["scheme"], matched["host"], _port(matched["port"], matched["scheme"])
