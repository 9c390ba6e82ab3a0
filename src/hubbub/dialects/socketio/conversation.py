"""The state machine of one Socket.IO connection, whatever frames its packets.

A client connects to namespaces, one or several, each with its own CONNECT; the first one introduces it, and
the others must show that it is the same user. Events go to namespaces that it is connected to, and nowhere
else.

When the server ends the connection for good, each namespace gets a DISCONNECT (or a CONNECT_ERROR before it
is let in), after which a client stays away. When it may come back the connection only ends, upon which it
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hubbub.dialects.contract import (
    Acknowledged,
    Command,
    Connect,
    Connected,
    Emit,
    Ended,
    Entered,
    Failed,
    Goodbye,
    Pong,
    Push,
    Renderer,
    Reply,
    Resync,
    Rpc,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Vouch,
)
from hubbub.dialects.socketio import answers
from hubbub.dialects.socketio.asked import operation
from hubbub.dialects.socketio.packets import ROOT, Assembler, SocketPacket, Type, Value, write
from hubbub.dialects.socketio.renderer import qualified, renderer_of
from hubbub.dialects.socketio.values import EVENT_LIMIT, payload
from hubbub.errors import BAD_REQUEST, Close, ProtocolViolation
from hubbub.model import ChannelName, Packet, Packets

NAMESPACES_LIMIT = 32
"""Namespaces that one connection may be in."""

_encode = msgspec.json.Encoder().encode
_NOT_SAID = ("token", "pid", "offset")
"""Members of what a client says at connecting that are not the application's."""


class _Asked(NamedTuple):
    """Where a command came from.

    `ack` is the number of the acknowledgement that it wants; `first` says that its channel was not asked for
    before.
    """

    namespace: str
    ack: int | None = None
    first: bool = False


class SocketIoDialect:
    """Hold one connection's side.

    Args:
        limit: bytes that the attachments of one packet may have together.
        user: whom the address names; only an open server believes it.
    """

    __slots__ = (
        "_asked",
        "_assembler",
        "_last",
        "_namespaces",
        "_rooms",
        "_user",
        "renderer",
    )

    replays: bool = True
    pings: bool = False
    pongs: bool = False
    acknowledges: bool = True
    ends_on_resync: bool = False
    says_farewell: bool = True
    asks_at_first: bool = False

    def __init__(self, limit: int, user: str = "") -> None:
        self.renderer: Renderer = renderer_of(ROOT)
        self._assembler = Assembler(limit)
        self._user = user
        self._namespaces: dict[str, bool] = {}
        """Those that the client asked for, and whether it is in."""
        self._asked: dict[int, _Asked] = {}
        self._last = 0
        self._rooms: dict[ChannelName, str] = {}
        """In which namespace a channel is followed that the client asked for."""

    def open(self) -> Sequence[Command]:
        """Return nothing: clients introduce themselves."""
        return ()

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the command of a packet, once all of it is there. Raises ProtocolViolation (3501)."""
        found = self._assembler.feed(packet)
        if found is None:
            return ()
        if found.type is Type.CONNECT:
            return self._connect(found)
        if not self._namespaces.get(found.namespace):
            raise ProtocolViolation(BAD_REQUEST, f"not connected to {found.namespace!r}")
        if found.type is Type.DISCONNECT:
            return self._disconnect(found.namespace)
        if found.type is Type.EVENT:
            return self._event(found)
        data, kind, _ = payload(found.data if found.data else [None])
        return (Acknowledged(found.id or 0, data, kind),)

    def _connect(self, found: SocketPacket) -> Sequence[Command]:
        namespace = found.namespace
        if namespace in self._namespaces:
            raise ProtocolViolation(BAD_REQUEST, f"connected to {namespace!r} already")
        if len(self._namespaces) >= NAMESPACES_LIMIT:
            raise ProtocolViolation(BAD_REQUEST, f"more than {NAMESPACES_LIMIT} namespaces")
        said: dict[str, Value] = found.data or {}
        user, token = (_text(said.get(name)) for name in ("user", "token"))
        own = {name: value for name, value in said.items() if name not in _NOT_SAID}
        data = _encode(own) if own else b""
        id = self._ask(namespace, None)
        first = not self._namespaces
        self._namespaces[namespace] = False
        if first:
            self.renderer = renderer_of(namespace)
            return (Connect(id, user or self._user, token, data),)
        return (Vouch(id, token, data),)

    def _disconnect(self, namespace: str) -> Sequence[Command]:
        del self._namespaces[namespace]
        if not self._namespaces:
            return (Goodbye(),)
        left = [channel for channel, where in self._rooms.items() if where == namespace]
        return [Unsubscribe(channel) for channel in left]

    def _event(self, found: SocketPacket) -> Sequence[Command]:
        name, *arguments = found.data
        if len(name) > EVENT_LIMIT:
            raise ProtocolViolation(BAD_REQUEST, "the name of an event is too long")
        namespace = found.namespace
        id = self._ask(namespace, found.id)
        command = operation(namespace, name, arguments, id)
        if command is None:
            data, kind, _ = payload(arguments or [None])
            method = qualified(namespace, name)
            renderer = None if namespace == ROOT else renderer_of(namespace)
            return (Rpc(method, id, data, kind, namespace, renderer),)
        if isinstance(command, Subscribe) and command.channel not in self._rooms:
            self._rooms[command.channel] = namespace
            self._asked[id] = _Asked(namespace, found.id, first=True)
        return (command,)

    def _ask(self, namespace: str, ack: int | None) -> int:
        self._last += 1
        self._asked[self._last] = _Asked(namespace, ack)
        return self._last

    # ── to the client ───────────────────────────────────────────────────────────────────────────

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Acknowledge a command, where the client wants that; what went wrong it is told anyhow."""
        if isinstance(reply, Unsubscribed):
            self._rooms.pop(reply.channel, None)
        asked = self._asked.pop(command.id, None) if not isinstance(command, Pong) else None
        if asked is None:
            return None
        namespace, ack, first = asked
        if first and isinstance(command, Subscribe) and isinstance(reply, Failed):
            self._rooms.pop(command.channel, None)
        if namespace not in self._namespaces:
            return None  # it has left meanwhile
        if isinstance(command, Connect | Vouch):
            return self._let_in(namespace, reply)
        if ack is not None:
            return self._packet(Type.ACK, namespace, [answers.answer(namespace, reply)], ack)
        if isinstance(command, Rpc):
            return None
        if isinstance(reply, Failed):
            return self._packet(Type.EVENT, namespace, ["error", answers.error(reply)])
        return None

    def _let_in(self, namespace: str, reply: Reply) -> Packets | None:
        if isinstance(reply, Failed):
            del self._namespaces[namespace]
            code, message = reply.error.code, reply.detail or reply.error.message
            told = answers.connect_error(code, message)
            return self._packet(Type.CONNECT_ERROR, namespace, told)
        if not isinstance(reply, Connected):
            return None
        self._namespaces[namespace] = True
        packets = self._packet(Type.CONNECT, namespace, answers.connected(reply))
        for each in reply.subs.values():
            packets += self._entered(namespace, each)
            for publication in each.publications:
                shown = self.renderer.publication(each.channel, publication)
                packets += shown if isinstance(shown, list) else [shown]
        return packets

    def push(self, push: Push) -> Packets | Close | None:
        """Tell of a subscription that the server made, ended, or could not keep whole, as an event."""
        if isinstance(push, Entered):
            if push.part:
                self._rooms[push.subscribed.channel] = push.part
            namespace = self._place(push.subscribed.channel)
            return self._entered(namespace, push.subscribed) if namespace else None
        if isinstance(push, Emit):
            namespace = push.part or next(iter(self._namespaces), "")
            if namespace not in self._namespaces:
                return None
            said = [push.event, *push.arguments]
            return self._packet(Type.EVENT, namespace, said, push.ack or None)
        if isinstance(push, Ended | Resync):
            namespace = self._place(push.channel)
            if not namespace:
                return None
            if isinstance(push, Resync):
                return self._packet(
                    Type.EVENT, namespace, ["resync", answers.resync(namespace, push)]
                )
            self._rooms.pop(push.channel, None)
            told = answers.unsubscribed(namespace, push)
            return self._packet(Type.EVENT, namespace, ["unsubscribed", told])
        return None

    def _entered(self, namespace: str, reply: Subscribed) -> list[Packet]:
        told = answers.subscribed(namespace, reply)
        return self._packet(Type.EVENT, namespace, ["subscribed", told])

    def _place(self, channel: ChannelName) -> str:
        """Return the namespace in which the client hears of a channel; "" where it is in none."""
        # Before the first one is let in, what is said is held back until it is.
        inside = [name for name, is_in in self._namespaces.items() if is_in]
        inside = inside or list(self._namespaces)
        namespace = self._rooms.get(channel, inside[0] if inside else "")
        return namespace if namespace in inside else ""

    def farewell(self, close: Close) -> Packets | None:
        """Send the client away from its namespaces, unless it may come back."""
        if close.reconnect or not self._namespaces:
            return None
        packets: list[Packet] = []
        for namespace, is_in in self._namespaces.items():
            if is_in:
                packets += self._packet(Type.DISCONNECT, namespace, None)
            else:
                told = answers.connect_error(close.code, answers.reason(close))
                packets += self._packet(Type.CONNECT_ERROR, namespace, told)
        self._namespaces.clear()
        return packets

    @staticmethod
    def _packet(kind: Type, namespace: str, value: Value, id: int | None = None) -> list[Packet]:
        return list(write(SocketPacket(kind, namespace, id, value)))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
