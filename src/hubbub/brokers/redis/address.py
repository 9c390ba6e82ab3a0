"""Where a Redis is and how it is entered: a URL taken apart, without its secrets in sight."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from hubbub.errors import ConfigurationError

SCHEMES = ("redis", "rediss", "unix")
DEFAULT_PORT = 6379
_TLS_OPTIONS = {
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_cert_reqs",
    "ssl_check_hostname",
}
_KNOWN = {"db", "username", "password", *_TLS_OPTIONS}


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
    required) and ssl_check_hostname. User name and password may stand in the query, too.

    Raises ConfigurationError naming what is wrong, never the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:
        # The library's own message can repeat the URL, and with it the password.
        raise ConfigurationError(
            ["the broker URL is not of the form redis://[user:password@]host[:port][/database]"]
        ) from None
    if parts.scheme not in SCHEMES:
        raise ConfigurationError(
            [
                f"the broker URL begins with {parts.scheme!r}, but Redis is reached by redis://, rediss:// or unix://"
            ]
        )
    options = dict(parse_qsl(parts.query))
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        raise ConfigurationError(
            [f"the broker URL has the unknown option {name!r}" for name in unknown]
        )
    path = unquote(parts.path)
    is_socket = parts.scheme == "unix"
    if is_socket and not path:
        raise ConfigurationError(
            ["the broker URL unix:// names no socket: unix:///path/to/redis.sock"]
        )
    return Address(
        host=unquote(parts.hostname or "127.0.0.1"),
        port=port,
        path=path if is_socket else "",
        database=_database(options.get("db") or ("" if is_socket else path.strip("/"))),
        username=unquote(parts.username or "") or options.get("username", ""),
        password=unquote(parts.password or "") or options.get("password", ""),
        tls=_tls(options) if parts.scheme == "rediss" else None,
    )


def _database(said: str) -> int:
    if not re.fullmatch(r"[0-9]{0,9}", said):
        raise ConfigurationError([f"the broker URL names the database {said!r}, not a number"])
    return int(said or "0")


def _tls(options: Mapping[str, str]) -> ssl.SSLContext:
    requirement = options.get("ssl_cert_reqs", "required")
    if requirement not in {"none", "optional", "required"}:
        raise ConfigurationError(
            [f"ssl_cert_reqs in the broker URL is {requirement!r}, not none, optional or required"]
        )
    try:
        context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
        if certificate := options.get("ssl_certfile"):
            context.load_cert_chain(certificate, options.get("ssl_keyfile"))
    except OSError as error:
        raise ConfigurationError(
            [f"a certificate named in the broker URL cannot be read: {error.strerror or error}"]
        ) from error
    check = options.get("ssl_check_hostname", "true").lower() in {"true", "1", "yes"}
    context.check_hostname = check and requirement == "required"
    context.verify_mode = {
        "none": ssl.CERT_NONE,
        "optional": ssl.CERT_OPTIONAL,
        "required": ssl.CERT_REQUIRED,
    }[requirement]
    return context
