"""What a supervisor tells a worker, over the pipe that also tells each that the other is gone.

The settings have secrets, so they are on no command line and in no environment.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

import msgspec

from hubbub.config import Settings

READY = b"R"
"""What a worker says once it accepts connections."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one worker is to do.

    Args:
        settings: everything. app: the user's program ("" : none). shared: whether the port is shared.
    """

    settings: Settings
    app: str = ""
    shared: bool = False

    def encode(self) -> bytes:
        """Return one line of JSON."""
        written = _Written(msgspec.Raw(self.settings.to_json()), self.app, self.shared)
        return msgspec.json.encode(written) + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Plan:
        """Return what `encode` wrote."""
        written = msgspec.json.decode(line, type=_Written)
        return cls(Settings.from_json(bytes(written.settings)), written.app, written.shared)


class _Written(msgspec.Struct):
    settings: msgspec.Raw
    app: str
    shared: bool


def receive(link: socket.socket) -> Plan | None:
    """Read the plan from the supervisor's end; None when the supervisor is gone. Blocks."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = link.recv(65536)
        if not piece:
            return None
        line += piece
    return Plan.decode(bytes(line))
