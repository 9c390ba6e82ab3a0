"""One place where SockJS is spoken: the paths below it, and what a request there must say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from hubbub.dialects.contract import Dialect, Request
from hubbub.framings.sockjs.conversation import SockJsRequests, SockJsSocket
from hubbub.framings.sockjs.frames import is_callback
from hubbub.sessions.contract import SINGLE, Accepted, Carrier, Headers, Refusal
from hubbub.sessions.doors import Door
from hubbub.sessions.polls.receiving import StreamReceiver
from hubbub.sessions.polls.sockjs import SockJsSessions, key_of
from hubbub.sessions.session import Session

Makers: TypeAlias = Mapping[str, Callable[[Request], Dialect]]
"""What makes the dialect of a connection, by sub-protocol; the first one where a client names none."""

NAME_LIMIT = 256
"""Characters of what a client calls its session at most."""
CALLBACK_REQUIRED = '"callback" parameter required'
CALLBACK_WRONG = 'invalid "callback" parameter'
CARRIERS: tuple[Carrier, ...] = ("xhr_streaming", "eventsource", "htmlfile", "xhr", "jsonp")
"""The transports whose requests receive."""

_CALLING: frozenset[Carrier] = frozenset({"htmlfile", "jsonp"})
_COOKIE = re.compile(r"(?:^|;)\s*JSESSIONID=([\w.~+/=!-]{1,256})\s*(?:;|$)", re.ASCII)
_NOT_FOUND = Refusal(404, "There is no such session.")
_FOREIGN = Refusal(403, "Only pages of this server may ask like this with cookies.")
_FULL = Refusal(503, "The server has as many sessions as it can hold.")
_SAFE: Headers = (("X-Content-Type-Options", "nosniff"),)


@dataclass(frozen=True, slots=True)
class SockJsEndpoint:
    """Say how SockJS is spoken at a place.

    Args:
        path: what clients are given as their address, without a slash at its end.
        websocket: whether WebSockets are offered.
        cookie: whether answers set JSESSIONID, by which some proxies keep a client with a server.
        client_url: where the client's script is, for the page through which pages of others talk to us ("":
            there is no such page).
        stream_limit: bytes after which a stream ends, so that the page forgets what it has read.
    """

    path: str
    websocket: bool = True
    cookie: bool = False
    client_url: str = ""
    stream_limit: int = 128 * 1024

    @property
    def below(self) -> str:
        """Return the pattern of what all requests of a session begin with."""
        return self.path + "/{sockjs_server}/{sockjs_session}"

    def doors(self, makers: Makers, sessions: SockJsSessions) -> list[Door]:
        """Return the doors of all transports."""
        first = next(iter(makers.values()))
        within = {"": partial(_in_requests, first)}
        doors = [
            Door(f"{self.below}/{carrier}", within, carrier, carry=partial(self._carry, sessions))
            for carrier in CARRIERS
        ]
        if self.websocket:
            doors.append(Door(f"{self.path}/websocket", makers))
            doors.append(Door(f"{self.below}/websocket", {"": partial(_in_socket, first)}))
        return doors

    def _carry(
        self, sessions: SockJsSessions, make: Callable[[], Session] | None, request: Request
    ) -> Accepted | Refusal:
        """Return what takes a request to its session, which `make` makes only if there is none."""
        key = self.key(unquote(request.path))
        if key is None:
            return _NOT_FOUND
        if request.carrier in _CALLING:
            callback = request.query.get("c", "")
            if not is_callback(callback):
                return Refusal(500, CALLBACK_WRONG if callback else CALLBACK_REQUIRED)
            if not _is_own_page(request.headers):
                return _FOREIGN
        if not sessions.has_room(key):
            return _FULL
        limit = 0 if request.carrier in SINGLE else self.stream_limit
        receiver = StreamReceiver(key, make, limit, sessions)
        return Accepted(receiver, None, _SAFE + self.cookies(request.headers))

    def key(self, path: str) -> str | None:
        """Return what nodes call the session of a path, which is percent-decoded; None where it has none."""
        *place, server, session, _ = path.split("/")
        for name in (server, session):
            if not name or len(name) > NAME_LIMIT or "." in name:
                return None
        return key_of("/".join(place), session)

    def cookies(self, headers: Mapping[str, str]) -> Headers:
        """Return the cookie that an answer sets: the client's own, or a new one."""
        if not self.cookie:
            return ()
        sent = _COOKIE.search(headers.get("cookie", ""))
        return (("Set-Cookie", f"JSESSIONID={sent[1] if sent else 'dummy'}; Path=/"),)


@dataclass(frozen=True, slots=True)
class SockJs:
    """All of SockJS on a node: its places, and the sessions that are not over WebSockets."""

    endpoints: tuple[SockJsEndpoint, ...]
    sessions: SockJsSessions


def _is_own_page(headers: Mapping[str, str]) -> bool:
    """Tell whether a script or a frame may be answered with what its reader may see.

    Any page can load it, cookies included, and browsers send no Origin then. Newer ones say whose page it is
    (Sec-Fetch-Site), and were judged by that; older ones show it by the Referer alone.
    """
    if "cookie" not in headers or "sec-fetch-site" in headers or "origin" in headers:
        return True
    try:
        page = urlsplit(headers.get("referer", "")).netloc
    except ValueError:
        return False
    return page.lower() == headers.get("host", "").lower() != ""


def _in_socket(make: Callable[[Request], Dialect], request: Request) -> Dialect:
    return SockJsSocket(make(request))


def _in_requests(make: Callable[[Request], Dialect], request: Request) -> Dialect:
    return SockJsRequests(make(request))
