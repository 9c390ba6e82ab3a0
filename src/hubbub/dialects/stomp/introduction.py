"""The first frames: which version is spoken, who the client is, and how often both give a sign of life."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hubbub.dialects.contract import Connect, Connected
from hubbub.dialects.payloads import embedded
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import BAD_REQUEST, ProtocolViolation

BEARER = "bearer "
_TOKEN = re.compile(r"[\w-]{2,}\.[\w-]{2,}\.[\w-]{2,}")
"""What a passcode looks like that is a token (RFC 7519): three parts of base64."""
_NOT_SAID = frozenset(("accept-version", "host", "heart-beat", "content-length", "token"))
"""Headers of a CONNECT that are not the application's."""
INTERVAL_LIMIT_MS = 2**31 - 1
"""Milliseconds between heart-beats that a client may ask for at most."""

_encode = msgspec.json.Encoder().encode


class Beats(NamedTuple):
    """How often a client is heard and wants to hear something, in milliseconds (0: never)."""

    sends: int = 0
    wants: int = 0

    def agreed(self, ping_s: int) -> Beats:
        """Return what both sides do.

        Args:
            ping_s: seconds between two looks at a session (0: nobody is looked at).
        """
        ours = ping_s * 1000
        if not ours:
            return Beats()
        # A look may come a second late, and one that comes just after a promise is broken promises nothing.
        return Beats(max(self.sends, ours) if self.sends else 0, ours + 1000 if self.wants else 0)


def beats_of(frame: Frame, version: Version) -> Beats:
    """Return what a CONNECT says of heart-beats, which 1.0 has not. Raises ProtocolViolation (3501)."""
    written = frame.headers.get("heart-beat")
    if written is None or version is Version.V1_0:
        return Beats()
    numbers = [word.strip() for word in written.split(",")]
    if len(numbers) != 2 or not all(each.isascii() and each.isdecimal() for each in numbers):
        raise ProtocolViolation(BAD_REQUEST, "heart-beat is two numbers of milliseconds")
    sends, wants = (min(int(each[:20]), INTERVAL_LIMIT_MS) for each in numbers)
    return Beats(sends, wants)


def introduction(frame: Frame, id: int, user: str) -> Connect:
    """Return who a client says it is.

    Args:
        id: what the command is known by. user: whom the address names.
    """
    headers = frame.headers
    own = {name: value for name, value in headers.items() if name not in _NOT_SAID}
    authorization = own.pop("Authorization", "") or own.pop("authorization", "")
    if authorization.lower().startswith(BEARER):
        authorization = authorization[len(BEARER) :].strip()
    token = headers.get("token") or authorization
    if not token and _TOKEN.fullmatch(own.get("passcode", "")):
        token = own.pop("passcode")
    return Connect(id, headers.get("login") or user, token, _encode(own) if own else b"")


def connected(version: Version, reply: Connected, beats: Beats) -> Iterator[tuple[str, str]]:
    """Return the headers of the answer.

    Args:
        beats: what was agreed, from the client's point of view.
    """
    yield "version", version.word
    if version is not Version.V1_0:
        yield "heart-beat", f"{beats.wants},{beats.sends}"
    yield "server", "hubbub"
    yield "session", reply.session
    if reply.user:
        yield "user-name", reply.user
    if reply.ttl_s is not None:
        yield "x-ttl", str(reply.ttl_s)
    data = embedded(reply.data)
    if data is not None:
        yield "x-data", bytes(data).decode()
