"""A connection without a socket: it keeps what is written, and counts what it is told."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.errors import Close
from hubbub.model import Packet


def lines(packet: Packet) -> bytes:
    """Frame a packet as one line, the same for all carriers."""
    return packet.data + b"\n"


class Carrier:
    """Carry one session (`sessions.contract.Connection`)."""

    def __init__(self) -> None:
        self.says_close = True
        self.frame: Callable[[Packet], bytes] = lines
        self.data = b""
        self.pings = 0
        self.closes: list[Close] = []
        self.reading = True
        self.unread = 0
        self.broken = False
        self.write: Callable[[bytes], None] = self._write

    def _write(self, data: bytes) -> None:
        if self.broken:
            raise RuntimeError("unable to perform operation on a closed transport")
        self.data += data

    def send(self, packet: Packet) -> None:
        self.write(self.frame(packet))

    def ping(self) -> None:
        self.pings += 1

    def close(self, close: Close) -> None:
        self.closes.append(close)

    def abort(self) -> None:
        self.broken = True

    def backlog(self) -> int:
        return self.unread

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def lines(self) -> list[str]:
        """Return and forget what was written, by line."""
        data, self.data = self.data, b""
        return data.decode().splitlines()
