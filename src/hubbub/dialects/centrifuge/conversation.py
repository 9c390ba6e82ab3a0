"""The state machine of one connection of the Centrifuge protocol, in whatever coding.

A connection must introduce itself once, and first. Every command has an id that its reply repeats. Only a
ping that was sent may be answered, and once. Whatever breaks these rules ends the connection with 3501, which
tells the client not to come back by itself.

When the server could not keep a channel gapless it ends the subscription with an unsubscribe push of code
2500, upon which a client subscribes again from its position.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from hubbub.dialects.centrifuge.requests import Call, ConnectRequest, SendRequest
from hubbub.dialects.contract import (
    Command,
    Connect,
    Ended,
    Failed,
    Ping,
    Pong,
    Push,
    Renderer,
    Reply,
    Resync,
)
from hubbub.errors import BAD_REQUEST, SUBSCRIPTION_INSUFFICIENT, Close, ProtocolViolation
from hubbub.model import Packet


class Coding(Protocol):
    """Turn packets into calls, and replies and pushes into packets; shared by all connections."""

    renderer: Renderer
    ping: Packet

    def calls(self, packet: Packet) -> Sequence[Call]:
        """Return what a packet asks, in order.

        Raises ProtocolViolation (3501) when it cannot be read, or (3506) when it is of another coding.
        """
        ...

    def understood(self, command: Command) -> Command:
        """Return a command with its payload as this coding means it."""
        ...

    def reply(self, id: int, reply: Reply) -> Packet:
        """Render the answer to a call."""
        ...

    def push(self, push: Push) -> Packet:
        """Render what the server says by itself."""
        ...

    def farewell(self, close: Close) -> Packet:
        """Render that the server ends the connection."""
        ...


class State(Enum):
    """How far a connection has come."""

    NEW = "new"
    ASKED = "asked"
    """It has introduced itself, and waits to be let in."""
    OPEN = "open"
    REFUSED = "refused"


_ALLOWED: dict[tuple[State, bool], str] = {
    (State.NEW, True): "",
    (State.NEW, False): "the first command must be connect",
    (State.ASKED, True): "a connection is introduced once",
    (State.ASKED, False): "",
    (State.OPEN, True): "a connection is introduced once",
    (State.OPEN, False): "",
    (State.REFUSED, True): "connect was refused; open another connection",
    (State.REFUSED, False): "connect was refused; open another connection",
}
"""By state, and whether a call is a connect: what is wrong with it, or nothing."""

_NO_CALLS = "an empty frame asks for nothing"


class CentrifugeDialect:
    """Hold one connection's side: whether it is introduced, and how many pings are unanswered."""

    __slots__ = ("_coding", "_pings", "_state", "renderer")

    replays: bool = False
    pings: bool = True
    pongs: bool = True
    acknowledges: bool = False
    ends_on_resync: bool = True
    asks_at_first: bool = False
    says_farewell: bool = False

    def __init__(self, coding: Coding) -> None:
        self.renderer = coding.renderer
        self._coding = coding
        self._state = State.NEW
        self._pings = 0

    def open(self) -> Sequence[Command]:
        """Return nothing: clients introduce themselves."""
        return ()

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of one frame.

        Raises ProtocolViolation with the close that the protocol prescribes; nothing of the frame is done.
        """
        calls = self._coding.calls(packet)
        if not calls:
            raise ProtocolViolation(BAD_REQUEST, _NO_CALLS)
        commands: list[Command] = []
        for call in calls:
            request = call.request()
            if request is None:
                commands.append(self._pong(call.id))
                continue
            connect = type(request) is ConnectRequest
            wrong = _ALLOWED[self._state, connect]
            if wrong:
                raise ProtocolViolation(BAD_REQUEST, wrong)
            if not call.id and type(request) is not SendRequest:
                raise ProtocolViolation(BAD_REQUEST, "a command that is answered has an id above 0")
            if connect:
                self._state = State.ASKED
            commands.append(self._coding.understood(request.command(call.id)))
        return commands

    def reply(self, command: Command, reply: Reply) -> Packet | None:
        """Render the answer to a command; None for what has no id to answer to."""
        if isinstance(command, Pong) or not command.id:
            return None
        if isinstance(command, Connect):
            self._state = State.REFUSED if isinstance(reply, Failed) else State.OPEN
        return self._coding.reply(command.id, reply)

    def push(self, push: Push) -> Packet | Close | None:
        """Render a push; a gap is the end of a subscription that is to be taken up again."""
        if self._state is not State.OPEN:
            return None
        if isinstance(push, Ping):
            self._pings += 1
            return self._coding.ping
        if isinstance(push, Resync):
            ended = SUBSCRIPTION_INSUFFICIENT
            push = Ended(push.channel, ended.code, ended.reason)
        return self._coding.push(push)

    def farewell(self, close: Close) -> Packet | None:
        """Render a disconnect push."""
        return self._coding.farewell(close)

    def _pong(self, id: int) -> Command:
        if id:
            raise ProtocolViolation(BAD_REQUEST, "the command asks for nothing that is known")
        if not self._pings:
            raise ProtocolViolation(BAD_REQUEST, "a pong answers a ping, and none is unanswered")
        self._pings -= 1
        return Pong()


class SocketPinged(CentrifugeDialect):
    """Leave the pinging to the WebSocket, for tools that do not answer the protocol's own pings."""

    __slots__ = ()

    pings: bool = False
    pongs: bool = False
