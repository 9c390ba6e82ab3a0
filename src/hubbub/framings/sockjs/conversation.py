"""A dialect within SockJS: its beginning, end and heartbeat, and messages around the dialect's packets."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.dialects.contract import Command, Dialect, Greeting, Ping, Push, Reply
from hubbub.errors import BAD_REQUEST, Close, ProtocolViolation
from hubbub.framings.framed import Framed
from hubbub.framings.sockjs import frames
from hubbub.model import Packet, Packets


class SockJsRequests(Framed):
    """Hold one connection's side of SockJS, and within it a dialect.

    Requests bring messages that were taken out of their arrays already, and their carrier says the end.
    """

    __slots__ = ()

    pings: bool = True
    pongs: bool = False

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect, frames.message, textual=True)

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of one message. Raises what the dialect raises."""
        return self.heard(packet)

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Open, or render what the dialect answers."""
        return frames.OPEN if isinstance(reply, Greeting) else super().reply(command, reply)

    def push(self, push: Push) -> Packets | Close | None:
        """Send a heartbeat, which may be the dialect's own, or render what the dialect says."""
        said = super().push(push)
        return frames.HEARTBEAT if said is None and isinstance(push, Ping) else said


class SockJsSocket(SockJsRequests):
    """The same over a WebSocket: its messages are arrays, and the end is a frame."""

    __slots__ = ()

    @property
    def says_farewell(self) -> bool:
        """Return that the end is said, before the WebSocket says it in its own way."""
        return True

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of an array of messages; an empty message is none.

        Raises ProtocolViolation (3501), and what the dialect raises.
        """
        if packet.binary:
            raise ProtocolViolation(BAD_REQUEST, "a SockJS message is text")
        if not packet.data:
            return ()
        return [
            command
            for message in frames.read(packet.data)
            for command in self.heard(Packet(message))
        ]

    def farewell(self, close: Close) -> Packets | None:
        """Render the dialect's farewell, if it has one where its carrier says why, and the end."""
        said = super().farewell(close) if super().says_farewell else None
        before = [] if said is None else said if isinstance(said, list) else [said]
        return [*before, frames.closing(close)]
