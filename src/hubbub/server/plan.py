"""What a supervisor tells a worker, over the pipe that also tells each that the other is gone.

The settings have secrets, so they are on no command line and in no environment.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

import msgspec

from hubbub.config import Settings

READY = b"R"
"""What a worker says once it accepts connections; its node's name follows, to the end of the line."""
FAILED = b"F"
"""What it says before the reason why it never will."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one worker is to do.

    Args:
        settings: everything. app: the user's program ("" : none). shared: whether others share the port.
        worker: its number, from 1. own_port: a port on which nobody else listens beside that one; 0: none.
    """

    settings: Settings
    app: str = ""
    shared: bool = False
    worker: int = 1
    own_port: int = 0

    def encode(self) -> bytes:
        """Return one line of JSON."""
        settings = msgspec.Raw(self.settings.to_json())
        written = _Written(settings, self.app, self.shared, self.worker, self.own_port)
        return msgspec.json.encode(written) + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Plan:
        """Return what `encode` wrote."""
        written = msgspec.json.decode(line, type=_Written)
        settings = Settings.from_json(bytes(written.settings))
        return cls(settings, written.app, written.shared, written.worker, written.own_port)


class _Written(msgspec.Struct):
    settings: msgspec.Raw
    app: str
    shared: bool
    worker: int
    own_port: int


def receive(link: socket.socket) -> Plan | None:
    """Read the plan from the supervisor's end; None when the supervisor is gone. Blocks."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = link.recv(65536)
        if not piece:
            return None
        line += piece
    return Plan.decode(bytes(line))
