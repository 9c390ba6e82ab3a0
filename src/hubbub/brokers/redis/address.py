"""Where a Redis is and how it is entered: a URL taken apart, without its secrets in sight."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio.connection import parse_url

from hubbub.errors import ConfigurationError

SCHEMES = ("redis", "rediss", "unix")
_TLS_OPTIONS = {
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_cert_reqs",
    "ssl_check_hostname",
}
_KNOWN = {"host", "port", "path", "db", "username", "password", "connection_class", *_TLS_OPTIONS}


@dataclass(frozen=True, slots=True)
class Address:
    """One server and the credentials for it; printing it shows no password."""

    host: str
    port: int
    path: str
    database: int
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        if self.path:
            return f"unix://{self.path}?db={self.database}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{host}:{self.port}/{self.database}"


def parse_address(url: str) -> Address:
    """Take a broker URL apart.

    `redis://user:password@host:port/database`, `rediss://` for TLS, `unix:///path?db=1`. For TLS the
    query may have ssl_ca_certs, ssl_certfile, ssl_keyfile (paths), ssl_cert_reqs (none, optional,
    required) and ssl_check_hostname.

    Raises ConfigurationError naming what is wrong, never the password.
    """
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise ConfigurationError(
            [
                f"the broker URL begins with {scheme!r}, but Redis is reached by redis://, rediss:// or unix://"
            ]
        )
    try:
        parts: Mapping[str, Any] = {**parse_url(url)}
    except (ValueError, TypeError):
        # The library's own message repeats the URL, and with it the password.
        raise ConfigurationError(
            ["the broker URL is not of the form redis://[user:password@]host[:port][/database]"]
        ) from None
    unknown = sorted(set(parts) - _KNOWN)
    if unknown:
        raise ConfigurationError(
            [f"the broker URL has the unknown option {name!r}" for name in unknown]
        )
    path = str(parts.get("path", ""))
    if scheme == "unix" and not path:
        raise ConfigurationError(
            ["the broker URL unix:// names no socket: unix:///path/to/redis.sock"]
        )
    return Address(
        host=str(parts.get("host", "127.0.0.1")),
        port=int(parts.get("port", 6379)),
        path=path,
        database=int(parts.get("db", 0)),
        username=str(parts.get("username") or ""),
        password=str(parts.get("password") or ""),
        tls=_tls(parts) if scheme == "rediss" else None,
    )


def _tls(parts: Mapping[str, Any]) -> ssl.SSLContext:
    requirement = str(parts.get("ssl_cert_reqs", "required"))
    if requirement not in {"none", "optional", "required"}:
        raise ConfigurationError(
            [f"ssl_cert_reqs in the broker URL is {requirement!r}, not none, optional or required"]
        )
    authority = parts.get("ssl_ca_certs")
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        if certificate := parts.get("ssl_certfile"):
            key = parts.get("ssl_keyfile")
            context.load_cert_chain(str(certificate), str(key) if key else None)
    except OSError as error:
        raise ConfigurationError(
            [f"a certificate named in the broker URL cannot be read: {error.strerror or error}"]
        ) from error
    check = str(parts.get("ssl_check_hostname", "true")).lower() in {"true", "1", "yes"}
    context.check_hostname = check and requirement == "required"
    context.verify_mode = {
        "none": ssl.CERT_NONE,
        "optional": ssl.CERT_OPTIONAL,
        "required": ssl.CERT_REQUIRED,
    }[requirement]
    return context
