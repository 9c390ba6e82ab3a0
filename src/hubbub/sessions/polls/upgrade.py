"""The way of a polled session to a WebSocket, on the WebSocket's side."""

from __future__ import annotations

from hubbub.errors import BAD_REQUEST, Close
from hubbub.framings import engineio
from hubbub.model import Packet
from hubbub.sessions.contract import Connection
from hubbub.sessions.polls.polled import PolledConnection


class Upgrade:
    """Be a WebSocket (`sessions.contract.Conversation`) that wants to take a polled session over.

        probing ──2probe──▶ probed ──5──▶ taken

    Args:
        polled: what it wants to take over.
    """

    __slots__ = ("_polled", "_socket", "_taken", "probed")

    def __init__(self, polled: PolledConnection) -> None:
        self._polled = polled
        self._socket: Connection | None = None
        self._taken = False
        self.probed = False
        """Whether the client knows that this WebSocket works."""

    def opened(self, connection: Connection) -> None:
        """Wait for the probe."""
        self._socket = connection
        self._polled.probe(self)

    def received(self, packet: Packet) -> None:
        """Take a step, or hand on what is said once the session is here."""
        if self._taken:
            self._polled.session.received(packet)
        elif self._socket is None:
            return
        elif packet == engineio.PROBE and not self.probed:
            self.probed = True
            self._socket.send(engineio.PROBED)
            self._polled.hurry()
        elif packet == engineio.UPGRADE and self.probed:
            self._taken = True
            self._polled.hand_over(self._socket)
        else:
            self.give_up(BAD_REQUEST)

    def give_up(self, close: Close) -> None:
        """End without the session."""
        if self._socket is not None and not self._taken:
            self._socket.close(close)

    def heard(self) -> None:
        """Take a sign of life."""
        if self._taken:
            self._polled.session.heard()

    def congested(self) -> None:
        """Learn that the client reads too slowly."""
        if self._taken:
            self._polled.session.congested()

    def drained(self) -> None:
        """Learn that the client has caught up."""
        if self._taken:
            self._polled.session.drained()

    def closed(self, close: Close) -> None:
        """End the session with its WebSocket, or leave it where it is."""
        self._socket = None
        if self._taken:
            self._polled.session.closed(close)
        else:
            self._polled.stay(self)
