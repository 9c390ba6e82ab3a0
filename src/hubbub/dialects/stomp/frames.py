r"""STOMP frames: a command, headers, a body, and a NUL behind it.

    SEND\ndestination:/topic/room\ncontent-length:5\n\nhello\0

Whatever carries them may cut them anywhere, and put several into one message. Newlines between frames are
heart-beats. Lines may end with CRLF in every version, though only 1.2 says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hubbub.dialects.stomp.versions import Version, escaped, unescaped
from hubbub.errors import BAD_REQUEST, TOO_BIG, ProtocolViolation

HEAD_LIMIT = 32 * 1024
"""Bytes of a command and its headers; a token is a header too."""
HEADERS_LIMIT = 64
"""Headers of one frame, repeated ones included."""

HEARTBEAT = b"\n"
_ENDS = b"\r\n"
_UNESCAPED = frozenset(("CONNECT", "CONNECTED"))
_WITH_BODY = frozenset(("SEND", "MESSAGE", "ERROR"))


class Frame(NamedTuple):
    """One frame. Of a header that is repeated the first counts (1.2, "Repeated Header Entries")."""

    command: str
    headers: Mapping[str, str]
    body: bytes = b""


class Decoder:
    """Find frames in a stream of bytes.

    Args:
        limit: bytes of a frame.
    """

    __slots__ = ("_buffer", "_head", "_length", "_limit", "_seen", "version")

    def __init__(self, limit: int) -> None:
        self.version = Version.V1_0
        """What the next frame is written in."""
        self._limit = limit
        self._buffer = bytearray()
        self._head: Frame | None = None
        """The frame whose body is awaited."""
        self._length = -1
        """Bytes of that body; -1 where a NUL ends it."""
        self._seen = 0
        """Bytes in which the end that is awaited is not."""

    @property
    def begun(self) -> Frame | None:
        """Return the headers of a frame whose body is not there yet, or is wrong."""
        return self._head

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def take(self) -> Frame | None:
        """Return the next frame, once all of it is there.

        Raises ProtocolViolation (3501, or 1009 for one that is too large).
        """
        if self._head is None and not self._take_head():
            return None
        return self._take_body()

    def _take_head(self) -> bool:
        buffer = self._buffer
        if not self._seen and buffer[:1] in _ENDS:
            del buffer[: len(buffer) - len(buffer.lstrip(_ENDS))]
        start = max(0, self._seen - 2)
        nul = buffer.find(
            0, start
        )  # no head goes beyond it, so that of many frames each is searched once
        end, gap = _head_end(buffer, start, len(buffer) if nul < 0 else nul)
        if end < 0:
            if nul >= 0:
                raise _wrong("a frame ends within its headers")
            if len(buffer) > HEAD_LIMIT:
                raise _too_big(f"the headers of a frame have more than {HEAD_LIMIT} bytes")
            self._seen = len(buffer)
            return False
        if end > HEAD_LIMIT:
            raise _too_big(f"the headers of a frame have more than {HEAD_LIMIT} bytes")
        head = _head(bytes(buffer[:end]), self.version)
        self._head, self._seen = head, 0
        self._length = self._body_length(head, end)
        del buffer[: end + gap]
        return True

    def _body_length(self, head: Frame, size: int) -> int:
        written = head.headers.get("content-length")
        if written is None:
            return -1
        if not (written.isascii() and written.isdecimal() and len(written) <= 20):
            raise _wrong("content-length is a number")
        length = int(written)
        self._check_size(size + length)
        return length

    def _take_body(self) -> Frame | None:
        buffer, head = self._buffer, self._head
        assert head is not None  # noqa: S101 - for the type checker
        if self._length >= 0:
            end = self._length
            if len(buffer) <= end:
                return None
            if buffer[end]:
                raise _wrong("a NUL ends the body of a frame, behind what content-length says")
        else:
            end = buffer.find(0, self._seen)
            self._check_size(len(buffer) if end < 0 else end)
            if end < 0:
                self._seen = len(buffer)
                return None
        body = bytes(buffer[:end])
        if body and head.command not in _WITH_BODY:
            raise _wrong(f"{head.command} has no body")
        del buffer[: end + 1]
        self._head, self._seen = None, 0
        return head._replace(body=body) if body else head

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise _too_big(f"a frame has more than {self._limit} bytes")


def _head_end(buffer: bytearray, start: int, stop: int) -> tuple[int, int]:
    """Return where the last header ends, -1 if it does not yet, and how long the empty line behind it is."""
    end, with_cr = buffer.find(b"\n\n", start, stop), buffer.find(b"\n\r\n", start, stop)
    if with_cr >= 0 and not 0 <= end < with_cr:
        return with_cr, 3
    return end, 2


def _head(written: bytes, version: Version) -> Frame:
    try:
        command, *lines = (line.removesuffix("\r") for line in written.decode().split("\n"))
    except UnicodeDecodeError:
        raise _wrong("headers are UTF-8") from None
    if len(lines) > HEADERS_LIMIT:
        raise _too_big(f"a frame has more than {HEADERS_LIMIT} headers")
    if command in _UNESCAPED:
        version = Version.V1_0
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = unescaped(name, version)
        if not colon or not name:
            raise _wrong("a header is a name, a colon and a value")
        headers.setdefault(name, unescaped(value, version))
    return Frame(command, headers)


def write(command: str, headers: Iterable[tuple[str, str]], body: bytes, version: Version) -> bytes:
    """Return a frame; one with a body says how long it is."""
    if command in _UNESCAPED:
        version = Version.V1_0
    lines = [command, *(f"{name}:{escaped(value, version)}" for name, value in headers)]
    if body:
        lines.append(f"content-length:{len(body)}")
    return b"%b\n\n%b\0" % ("\n".join(lines).encode(), body)


def _wrong(detail: str) -> ProtocolViolation:
    return ProtocolViolation(BAD_REQUEST, detail)


def _too_big(detail: str) -> ProtocolViolation:
    return ProtocolViolation(TOO_BIG, detail)
