"""Which web pages may connect: the Origin check (RFC 6455 section 10.2, RFC 6454), as a pure function."""

from __future__ import annotations

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
    wanted_scheme, wanted_name, wanted_port = parts
    if (scheme, port) != (wanted_scheme, wanted_port):
        return False
    if wanted_name.startswith("*."):
        return name.endswith(wanted_name[1:]) and len(name) >= len(wanted_name)
    return name == wanted_name


@lru_cache(maxsize=256)
def _read_pattern(pattern: str) -> tuple[str, str, int | None] | None:
    """Return scheme, name and port of an allowed origin; None where it is none, so that it allows nothing."""
    matched = _ORIGIN.fullmatch(pattern)
    if matched is None or "*" in matched["host"].removeprefix("*."):
        return None
    return matched["scheme"], matched["host"], _port(matched["port"], matched["scheme"])
