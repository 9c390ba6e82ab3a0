"""What passes between a session and its client, as long as somebody listens: beside the way, not on it.

A tap stands between a session and its connection, and between a session and its dialect. Without one, there
is nothing there that would have to be asked.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, cast

from hubbub.dialects.contract import Command, Dialect
from hubbub.dialects.credentials import HIDDEN, has_credentials, without_credentials
from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.sessions.contract import Connection
from hubbub.sessions.session import Session

Way: TypeAlias = Literal["in", "out", "note"]
"""Whether the client said it, or was told it; or what happened to the session."""
Listener: TypeAlias = Callable[[Session, Way, int, str], None]
"""Take what passed: whose, which way, its bytes, and the text that they are shown as."""

TEXT_LIMIT = 2000
"""Characters of one message that are shown."""

_NAMES = "(?:token|passcode|password|secret|authorization|cookie)"
_SECRETS = re.compile(
    rf'(?P<member>(?i:{_NAMES})"\s{{0,9}}+:\s{{0,9}}+")(?:[^"\\]|\\.)++'
    rf'|(?P<quoted>(?i:{_NAMES})\\"\s{{0,9}}+:\s{{0,9}}+\\")(?:[^"\\]|\\[^"])++'  # JSON in a string
    rf"|(?P<header>(?im:^[\w-]{{0,32}}{_NAMES}[ ]?:))[^\n]++"
    rf"|(?P<query>[?&](?i:[\w-]{{0,32}}{_NAMES}|api_key|cf_connect)=)[^&\s]++"
    r"|(?<=\.)[0-9a-f]{32}(?![0-9a-f])"  # what makes a session's id a secret
    r"|eyJ[\w-]{5,}+(?:\.[\w-]++\.[\w-]*+|(?P<harmless>))"  # a token, or what only begins like one
)
"""The second guard, for what no command says: applications' own data, and what cannot be read."""
_KEPT = ("member", "quoted", "header", "query")
_UNPRINTABLE = re.compile(r"[^\n\t -~\u00a0-\U0010fffd]|\ufffd")
_COMPRESSED, _OPCODE, _CONTROL = 0x40, 0x0F, 0x08
_TAIL = b"\x00\x00\xff\xff"
"""What the sender of a compressed message leaves out (RFC 7692 section 7.2.1)."""


def readable(data: bytes) -> str:
    """Return what people can read of a message: secrets become dots, and so does each unprintable byte."""
    text = data[: 4 * TEXT_LIMIT].decode(errors="replace")
    return _UNPRINTABLE.sub("·", _SECRETS.sub(_hidden, text))[:TEXT_LIMIT]


def _hidden(found: re.Match[str]) -> str:
    if found["harmless"] is not None:
        return found[0]
    return next(filter(None, map(found.group, _KEPT)), "") + HIDDEN


def payloads(frames: bytes) -> list[bytes]:
    """Return the messages in a server's whole frames (RFC 6455 section 5.2), inflated."""
    found: list[bytes] = []
    at = 0
    while at + 2 <= len(frames):
        head, size = frames[at], frames[at + 1] & 0x7F
        at += 2
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(frames[at : at + width])
            at += width
        body = frames[at : at + size]
        at += size
        if not head & _OPCODE & _CONTROL:
            found.append(_inflated(body) if head & _COMPRESSED else body)
    return found


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(body + _TAIL, 4 * TEXT_LIMIT)
    except zlib.error:
        return body


class Wiretap:
    """Let listeners hear what passes between a session and its client.

    Args:
        session: whose.
    """

    __slots__ = ("_carrier", "_dialect", "_plain", "listeners", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self._carrier: _TappedConnection | None = None
        self._plain = session.dialect
        self._dialect: Dialect | None = None
        self.listeners: list[Listener] = []

    def attach(self) -> None:
        """Listen; done again, it finds the session that has moved to another connection."""
        session = self.session
        if session.gone:
            return
        if session.connection is not self._carrier:
            inner = session.connection
            self._carrier = _TappedConnection(inner, self)
            session.connection = self._carrier
            self._reroute(inner.write, self._carrier.write)
        if session.dialect is not self._dialect:
            self._plain = session.dialect
            self._dialect = cast(Dialect, _TappedDialect(self._plain, self))
            session.dialect = self._dialect

    def detach(self) -> None:
        """Listen no more, and be gone without a trace."""
        session, carrier = self.session, self._carrier
        if carrier is not None and session.connection is carrier:
            session.connection = carrier.inner
            self._reroute(carrier.write, carrier.inner.write)
        if session.dialect is self._dialect:
            session.dialect = self._plain

    def _reroute(self, old: Callable[[bytes], None], new: Callable[[bytes], None]) -> None:
        session = self.session
        if session.write != old:  # it is not let in yet, and takes the way of its connection then
            return
        session.write = new
        for channel, subscription in session.following.items():
            if subscription is not None:
                session.services.hub.reroute(session, channel)

    def hear(self, data: bytes) -> None:
        """Hand on what the client is told."""
        self._tell("out", len(data), readable(data))

    def hear_said(self, data: bytes, commands: Sequence[Command]) -> None:
        """Hand on what the client said, and which commands that is.

        Who is not let in yet says what lets it in, perhaps in pieces, or wrongly: nothing of that is shown
        but what was understood.
        """
        if self.session.held is not None or any(map(has_credentials, commands)):
            text = readable("\n".join(map(without_credentials, commands)).encode()) or HIDDEN
        else:
            text = readable(data)
        self._tell("in", len(data), text)

    def hear_frames(self, frames: bytes) -> None:
        """Hand on what was written, in the frames of its carrier."""
        for data in payloads(frames) if self.session.carrier == "websocket" else (frames,):
            self._tell("out", len(data), readable(data))

    def note(self, text: str) -> None:
        """Hand on what happened."""
        self._tell("note", 0, text)

    def _tell(self, way: Way, size: int, text: str) -> None:
        for listener in self.listeners:
            listener(self.session, way, size, text)


class _TappedConnection:
    """Carry a session (`sessions.contract.Connection`), and let the tap hear what it is told."""

    __slots__ = ("_tap", "frame", "inner", "says_close", "write")

    def __init__(self, inner: Connection, tap: Wiretap) -> None:
        self._tap = tap
        self.inner = inner
        self.says_close = inner.says_close
        self.frame = inner.frame
        self.write: Callable[[bytes], None] = self._write

    def _write(self, data: bytes) -> None:
        self._tap.hear_frames(data)
        self.inner.write(data)

    def send(self, packet: Packet) -> None:
        self._tap.hear(packet.data)
        self.inner.send(packet)

    def ping(self) -> None:
        self.inner.ping()

    def close(self, close: Close) -> None:
        self._tap.note(f"{close.code} {close.reason}")
        self.inner.close(close)

    def abort(self) -> None:
        self.inner.abort()

    def backlog(self) -> int:
        return self.inner.backlog()

    def pause_reading(self) -> None:
        self.inner.pause_reading()

    def resume_reading(self) -> None:
        self.inner.resume_reading()


class _TappedDialect:
    """Be a session's dialect in all things, and let the tap hear what it receives."""

    __slots__ = ("_tap", "inner")

    def __init__(self, inner: Dialect, tap: Wiretap) -> None:
        self.inner = inner
        self._tap = tap

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def receive(self, packet: Packet) -> Sequence[Command]:
        commands: Sequence[Command] = ()
        try:
            commands = self.inner.receive(packet)
        finally:
            self._tap.hear_said(packet.data, commands)
        return commands
