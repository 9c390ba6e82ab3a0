"""Which path leads to which dialect: the doors of a server, and who may come in through them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote

from hubbub.dialects.contract import Dialect, Request
from hubbub.dialects.text import unquote as unquoted
from hubbub.errors import BAD_REQUEST, Elsewhere, ProtocolViolation, Refused
from hubbub.sessions.contract import (
    FIRST,
    STREAM_METHODS,
    Accepted,
    Carrier,
    Conversation,
    Headers,
    Refusal,
)
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.origins import origin_of, readable_by
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session

_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_PLACE = re.compile(r"\{((?:query\.)?[A-Za-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Door:
    """One endpoint.

    Args:
        path: a pattern such as `/ws/{channel}`; a variable matches one path segment.
        dialects: what makes a session's dialect of its request, by sub-protocol, or for streams by media
            type, the first one being the default. A maker raises ProtocolViolation or Refused for a request
            it cannot serve.
        carrier: what carries the connections.
        resume: returns who goes on over a new connection, where the address says that somebody does; it
            raises as makers do.
        carry: returns what brings a session, made when it is needed, or one that the address names, over
            requests that come and go; None makes none, where the server drains.
    """

    path: str
    dialects: Mapping[str, Callable[[Request], Dialect]]
    carrier: Carrier = "websocket"
    resume: Callable[[Request], Conversation | None] | None = None
    carry: Callable[[Callable[[], Session] | None, Request], Accepted | Refusal] | None = None
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        literals = _VARIABLE.split(self.path)
        parts = [
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part)
            for index, part in enumerate(literals)
        ]
        object.__setattr__(self, "pattern", re.compile("".join(parts)))

    def variables(self, path: str) -> dict[str, str] | None:
        """Return the percent-decoded variables of a raw path, or None where it is another door's."""
        match = self.pattern.fullmatch(path)
        return (
            {name: unquote(value) for name, value in match.groupdict().items()} if match else None
        )

    def choose(self, offered: Sequence[str]) -> tuple[str | None, Callable[[Request], Dialect]]:
        """Return the sub-protocol to name and its maker; None where the client offered none of ours."""
        for name in offered:
            if name in self.dialects:
                return name, self.dialects[name]
        return None, next(iter(self.dialects.values()))


def fill(template: str, request: Request) -> str:
    """Return a template with `{name}` replaced by path variables and `{query.name}` by query values.

    Values may be JSON strings, as pages write them that build addresses with `JSON.stringify`.
    Raises ProtocolViolation (3501) where the address lacks one.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        source, _, key = name.rpartition(".")
        found = (request.query if source else request.variables).get(key)
        if found is None:
            raise ProtocolViolation(BAD_REQUEST, f"the address lacks {key!r}")
        return unquoted(found)

    return _PLACE.sub(value, template)


class Doors:
    """Admit connections (`sessions.contract.Doorkeeper`).

    Args:
        doors: the endpoints, first match wins.
        services: what sessions share.
        origin_allowed: says whether a browser's page may connect, given its `Origin` and the `Host`.
    """

    __slots__ = ("_origin_allowed", "_services", "closing", "doors")

    def __init__(
        self,
        doors: Sequence[Door],
        services: Services,
        origin_allowed: Callable[[str, str], bool],
    ) -> None:
        self.doors = doors
        self._services = services
        self._origin_allowed = origin_allowed
        self.closing = False
        """Set while the server drains: nobody comes in any more."""

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted | Refusal | None:
        """Return who talks on this connection, why not, or None where no door has the path."""
        for door in self.doors:
            if door.carrier == carrier:
                variables = door.variables(request.path)
                if variables is not None:
                    return self._enter(
                        door, replace(request, variables=variables, carrier=carrier), offered
                    )
        return None

    def stream(self, path: str) -> Carrier | None:
        """Return what kind of stream a raw path leads to; None where it leads to none."""
        for door in self.doors:
            if door.carrier in STREAM_METHODS and door.pattern.fullmatch(path):
                return door.carrier
        return None

    def greet(self, headers: Mapping[str, str]) -> Headers | Refusal:
        """Return what lets the page that asks read the answer, or why its origin may not ask."""
        origin = origin_of(headers)
        if origin is not None and not self._origin_allowed(origin, headers.get("host", "")):
            return Refusal(403, "this origin may not connect; allow it with allowed_origins")
        return readable_by(origin)

    def _enter(self, door: Door, request: Request, offered: Sequence[str]) -> Accepted | Refusal:
        if self.closing and door.carry is None:
            return Refusal(503, "the server is shutting down", (("Retry-After", "1"),))
        greeting = self.greet(request.headers)
        if isinstance(greeting, Refusal):
            return greeting
        subprotocol, make = door.choose(offered)
        try:
            resumed = door.resume(request) if door.resume is not None else None
            if resumed is not None:
                return Accepted(resumed, subprotocol)
            dialect = make(request)
        except Elsewhere as fault:
            return Refusal(400, fault.detail, node=fault.node)
        except ProtocolViolation as fault:
            return Refusal(400, fault.detail or fault.close.reason)
        except Refused as refused:
            return Refusal(400, str(refused))
        if FIRST in request.query:  # it is said, has tokens in it, and is not to be kept
            said = {name: value for name, value in request.query.items() if name != FIRST}
            request = replace(request, query=said)
        entries = self._services.entries
        begin = partial(Session, self._services, dialect, handle, request)
        if door.carry is not None:  # a session begins only where there is none
            return entries.polls.refuse(request.peer) or door.carry(
                None if self.closing else begin, request
            )
        return entries.connections.refuse(request.peer) or Accepted(begin(), subprotocol)
