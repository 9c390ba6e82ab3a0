"""What an ASGI scope says of a request, seen from the path that we are mounted at."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, unquote

from starlette.types import Scope

from hubbub.dialects.contract import Request
from hubbub.sessions.contract import Refusal
from hubbub.transports.requests import fold_headers, read_request

_UNRESERVED = "/:@!$&'()*+,;=-._~"
"""What may stand in a path as it is (RFC 3986 section 3.3)."""


def read_scope(scope: Scope) -> Request | Refusal:
    """Return what the request says, its path without the prefix that the host mounted us at."""
    client, headers = scope.get("client"), fold_headers(scope["headers"])
    request = read_request(target(scope), headers, client[0] if client else "")
    return request if isinstance(request, Refusal) else replace(request, scope=scope)


def is_local(scope: Scope) -> bool:
    """Tell whether the address that the client reached the server at is one of this machine alone.

    A Unix socket is; so is what names no address, as the scopes of test clients.
    """
    server = scope.get("server")
    return server is None or _is_loopback(server[0])


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return True


def target(scope: Scope) -> bytes:
    """Return the request's address as the client wrote it, below the mount's path.

    A host's `path` includes its `root_path` (ASGI, HTTP connection scope); one that leaves it out is
    understood too.
    """
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or quote(path, safe=_UNRESERVED).encode()
    root: str = scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(f"{root}/")):
        raw = _below(raw, root, path)
    query: bytes = scope["query_string"]
    return b"?".join((raw or b"/", query)) if query else raw or b"/"


def _below(raw: bytes, root: str, path: str) -> bytes:
    """Return the raw path without its root, which may have been percent-encoded."""
    segments = raw.split(b"/")
    depth = root.count("/") + 1
    if unquote(b"/".join(segments[:depth]).decode("latin-1")) == root:
        return b"".join(b"/" + segment for segment in segments[depth:])
    return quote(path[len(root) :], safe=_UNRESERVED).encode()
