"""What pages of other origins may do over plain HTTP (CORS, WHATWG Fetch section 3.3), as pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from hubbub.sessions.contract import Headers

PREFLIGHT: Headers = (
    ("Access-Control-Allow-Methods", "POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "300"),
)
"""What a browser asks for before a page's POST, and how many seconds it may remember the answer."""

POLLED_PREFLIGHT: Headers = (("Access-Control-Allow-Methods", "GET, POST, OPTIONS"), *PREFLIGHT[1:])
"""The same where a page asks with GET too."""

_OPAQUE = "null"
_OWN = "same-origin"
_FOREIGN = frozenset({"cross-site", "same-site"})


def origin_of(headers: Mapping[str, str]) -> str | None:
    """Return the origin of the page that asks; None where no page does, or one of the server's own.

    A page that loads an address as an image or a script sends no Origin. Browsers tell all the same that it
    is not the server's own (Sec-Fetch-Site), and then it counts as one that hides its origin. A form of an
    own page with the Referrer-Policy `no-referrer` hides it too, but browsers tell that it is an own one.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and site in _FOREIGN:
        return _OPAQUE
    return None if origin == _OPAQUE and site == _OWN else origin


def readable_by(origin: str | None) -> Headers:
    """Return the headers that let a page of an allowed origin read the answer, cookies included."""
    if not origin or not (origin.isascii() and origin.isprintable()):
        return ()
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )
