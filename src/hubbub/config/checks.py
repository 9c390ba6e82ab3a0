"""What the settings are checked with: each check ends in one sentence for the operator."""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, TypeVar

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from hubbub.hub.permissions.namespaces import Audience, Namespace, RecoveryMode

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_T = TypeVar("_T")


def wrong(sentence: str, at: str = "") -> PydanticCustomError:
    """Make the error of a check.

    Args:
        sentence: goes on after the setting's name. at: the setting to blame, where it is another one.
    """
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "at": at})


def listed(value: object) -> object:
    """Take `a, b` for a list, because that is how lists are written in the environment."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


def worker_count(value: object) -> object:
    """Return a number of processes; `auto` is one for each core that this process may use."""
    if value == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value) else value
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 512:
        raise wrong(f"must be a number from 1 to 512, or auto, not {value!r}")
    return count


def first_port(value: object) -> object:
    """Return the first of the workers' own ports, which may be written with a plus behind it; 0: none."""
    port = (
        int(value.removesuffix("+"))
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}\+?", value)
        else value
    )
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise wrong(f"must be the first of some ports, like 6001+, not {value!r}")
    return port


def address(schemes: tuple[str, ...]) -> AfterValidator:
    """Make the check of a URL that has one of `schemes`. It shows no URL, which may have a password in it."""

    def check(url: str) -> str:
        match = _SCHEME.match(url)
        if match is None or match[1] not in schemes:
            known = ", ".join(f"{scheme}://" for scheme in schemes)
            raise wrong(f"must be a URL that begins with one of {known}")
        if not url.startswith(f"{match[1]}://"):
            raise wrong(f"lacks the slashes of {match[1]}://")
        return url

    return AfterValidator(check)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a server on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bounded(part: _T) -> _T:
    """Refuse numbers that no bound, size or time can be; all of one part at once."""
    return _faultless(part, faults_of(part))


def sound(namespace: Namespace) -> Namespace:
    """Refuse options that no channel can have; all of one namespace at once."""
    faults = (faults_of, _expression_faults, _recovery_faults, _chat_faults)
    return _faultless(namespace, chain.from_iterable(find(namespace) for find in faults))


def _expression_faults(namespace: Namespace) -> Iterator[tuple[str, str]]:
    try:
        re.compile(namespace.name)
    except re.error as fault:
        yield "name", f"is no regular expression: {fault}"


def _recovery_faults(namespace: Namespace) -> Iterator[tuple[str, str]]:
    cache = namespace.recovery is RecoveryMode.CACHE
    if cache and not namespace.recoverable:
        yield "recovery", "is cache, which needs history: a history_size above 0, and not ephemeral"
    if namespace.auto_recover and not cache:
        yield "auto_recover", "needs recovery = 'cache'"


def _chat_faults(namespace: Namespace) -> Iterator[tuple[str, str]]:
    cache = namespace.recovery is RecoveryMode.CACHE
    for name in ("edits", "reactions", "receipts"):
        if getattr(namespace, name) and (not namespace.recoverable or cache):
            yield name, "needs history, and recovery = 'stream': it is about messages that are kept"
    for name in ("typing", "edits", "reactions", "receipts"):
        if getattr(namespace, name) and namespace.source:
            yield name, "is for channels that no source owns"
    if namespace.people and not namespace.presence:
        yield "people", "needs presence = true"
    if namespace.people and not namespace.logged:
        yield (
            "people",
            "needs channels that are not ephemeral: it is kept where something was published",
        )
    if namespace.mentions and not namespace.logged:
        yield "mentions", "needs channels that are not ephemeral: it says where the message is"
    if namespace.moderate is not Audience.NOBODY and not namespace.edits:
        yield "moderate", "needs edits = true"


def _faultless(part: _T, faults: Iterable[tuple[str, str]]) -> _T:
    found = list(faults)
    if found:
        raise PydanticCustomError("faults", "out of bounds", {"faults": found})
    return part


def faults_of(part: object, within: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of each number that no bound, size or time can be, and what is wrong with it."""
    values: dict[str, Any] = {
        field.name: getattr(part, field.name)
        for field in dataclasses.fields(part)  # type: ignore[arg-type]
    }
    for name, value in values.items():
        if dataclasses.is_dataclass(value):
            yield from faults_of(value, f"{within}{name}.")
        elif isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
            yield f"{within}{name}", f"must not be negative or endless, and is {value}"
    idle = values.get("idle_s")
    for name in ("ping_interval_s", "keepalive_s"):
        if name in values and idle is not None and 0 < idle <= values[name]:
            yield f"{within}idle_s", f"must be longer than {name}, which is {values[name]:g}"


def permissions_in(data: dict[str, Any]) -> bool:
    """Tell whether any namespace in these settings restricts what everybody may do."""
    namespaces = [*data.get("namespaces", {}).values(), data.get("default_namespace", Namespace())]
    return any(
        audience is not Audience.EVERYONE
        for namespace in namespaces
        for audience in (
            namespace.subscribe,
            namespace.publish,
            namespace.history,
            namespace.see_presence,
        )
    )
