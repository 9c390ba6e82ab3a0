"""The settings of hooks among the others: which URLs and headers can be, and how little of them is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from hubbub.config.checks import faults_of, listed, wrong
from hubbub.hooks.settings import HookSettings

SECRET_LENGTH = 16
"""Characters that a secret for signing has at least."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]*")
_OURS = frozenset(
    {
        *("host", "content-type", "content-length", "content-encoding", "transfer-encoding"),
        *("connection", "keep-alive", "te", "trailer", "upgrade", "expect", "accept-encoding"),
        "x-hubbub-signature",
    }
)
"""Headers that say how a request is made, so that nobody else may."""


def _spread(hooks: object) -> object:
    """Take `a, b` for a list in those of the settings that are one."""
    if not isinstance(hooks, dict):
        return hooks
    spread = dict(hooks)
    for name in {"headers", "emulated_headers"} & spread.keys():
        spread[name] = listed(spread[name])
    events = spread.get("events")
    if isinstance(events, dict) and "kinds" in events:
        spread["events"] = events | {"kinds": listed(events["kinds"])}
    return spread


def _check(hooks: HookSettings) -> HookSettings:
    faults = [*_url_faults(hooks), *_header_faults(hooks), *faults_of(hooks), *_zeros(hooks)]
    secret = hooks.secret.get_secret_value()
    if secret and len(secret) < SECRET_LENGTH:
        faults.append(("secret", f"must have at least {SECRET_LENGTH} characters"))
    if faults:
        raise PydanticCustomError("faults", "out of bounds", {"faults": faults})
    told = (hooks.headers, hooks.static_headers, secret, hooks.include_meta)
    if any(told) and not hooks.urls and not hooks.events.url:
        raise wrong("has no URL, so that the rest of it means nothing")
    return hooks


def _zeros(hooks: HookSettings) -> Iterator[tuple[str, str]]:
    """Yield what must not be zero, because nothing would ever be asked or told."""
    parts = {"": hooks, "events.": hooks.events, "functions.": hooks.functions}
    for within, part in parts.items():
        for name in ("timeout_s", "concurrency", "answer_limit", "parallel", "limit", "threads"):
            if getattr(part, name, None) == 0:
                yield f"{within}{name}", "must be more than 0"


def _url_faults(hooks: HookSettings) -> Iterator[tuple[str, str]]:
    for name, url in {**hooks.urls, "events.url": hooks.events.url}.items():
        if url and (sentence := _url_fault(url)):
            yield name, sentence


def _url_fault(url: str) -> str:
    """Return what is wrong with a URL. It shows none of it, because there may be a secret in it."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return "must be a URL without spaces and special characters"
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        reachable = False
    if not reachable:
        return "must be a URL that begins with http:// or https:// and a host"
    if "@" in parts.netloc:
        return "must have no password in it: put it into static_headers"
    return ""


def _header_faults(hooks: HookSettings) -> Iterator[tuple[str, str]]:
    for place in ("headers", "emulated_headers", "static_headers"):
        for name in getattr(hooks, place):
            if not _NAME.fullmatch(name):
                yield place, f"has {name!r}, which is no name of a header"
            elif name.lower() in _OURS:
                yield place, f"has {name!r}, which the server writes itself"
    for name, value in hooks.static_headers.items():
        if not _VALUE.fullmatch(value.get_secret_value()):
            yield f"static_headers.{name}", "must be one line of Latin-1 text"


Hooks: TypeAlias = Annotated[HookSettings, BeforeValidator(_spread), AfterValidator(_check)]
