"""The state machine of one Socket.IO connection, whatever frames its packets.

A client connects to namespaces, one or several, each with its own CONNECT; the first one introduces it, and
the others must show that it is the same user. Events go to namespaces that it is connected to, and nowhere
else.

When the server ends the connection for good, each namespace gets a DISCONNECT (or a CONNECT_ERROR before it
is let in), after which a client stays away. When it may come back the connection only ends, upon which it
does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import structs

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
    Unsupported,
    Vouch,
)
from hubbub.dialects.socketio import answers, cursor
from hubbub.dialects.socketio.asked import operation
from hubbub.dialects.socketio.packets import ROOT, Assembler, SocketPacket, Type, Value, write
from hubbub.dialects.socketio.places import Places
from hubbub.dialects.socketio.renderer import SocketIoRenderer, qualified, renderer_of
from hubbub.dialects.socketio.values import EVENT_LIMIT, payload
from hubbub.errors import BAD_REQUEST, BAD_REQUEST_ERROR, Close, ErrorCode, ProtocolViolation
from hubbub.model import Packet, Packets

PID_LIMIT = 64
"""Characters of what a client calls a connection that was cut."""

_ONE_RECOVERS = ErrorCode(
    BAD_REQUEST_ERROR.code, "bad request: one channel of a client is recovered"
)
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
        "_pid",
        "_places",
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
        self._places = Places()
        self._asked: dict[int, _Asked] = {}
        self._last = 0
        self._pid = ""
        """What the client calls the connection that was cut, where it wants to go on with it."""

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
        self._places.check(found.namespace)
        if found.type is Type.DISCONNECT:
            return self._disconnect(found.namespace)
        if found.type is Type.EVENT:
            return self._event(found)
        data, kind, _ = payload(found.data if found.data else [None])
        return (Acknowledged(found.id or 0, data, kind),)

    def _connect(self, found: SocketPacket) -> Sequence[Command]:
        namespace = found.namespace
        self._places.ask(namespace)
        said: dict[str, Value] = found.data or {}
        user, token = (_text(said.get(name)) for name in ("user", "token"))
        own = {name: value for name, value in said.items() if name not in _NOT_SAID}
        data = _encode(own) if own else b""
        id = self._ask(namespace, None)
        if len(self._places) == 1:
            self.renderer = renderer_of(namespace)
            connect = Connect(id, user or self._user, token, data)
            return (self._recovered(connect, namespace, said),)
        return (Vouch(id, token, data),)

    def _recovered(self, connect: Connect, namespace: str, said: Mapping[str, Value]) -> Connect:
        """Return a Connect that goes on where the client was cut off, if it says so."""
        pid, place = _text(said.get("pid")), cursor.read(said.get("offset"))
        if not pid or len(pid) > PID_LIMIT or place is None:
            return connect
        self._pid, (channel, since) = pid, place
        renderer = renderer_of(namespace, recovers=True)
        return structs.replace(connect, subs={channel: since}, recover=True, renderer=renderer)

    def _disconnect(self, namespace: str) -> Sequence[Command]:
        left = self._places.leave(namespace)
        if not len(self._places):
            return (Goodbye(),)
        self.renderer = renderer_of(self._places.first())
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
        if isinstance(command, Subscribe) and _recovers(command):
            if self._places.recovering not in {"", command.channel}:
                return (Unsupported(id, _ONE_RECOVERS),)
            self._places.recovering = command.channel
        if isinstance(command, Subscribe) and self._places.follow(command.channel, namespace):
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
            self._places.forget(reply.channel)
        asked = self._asked.pop(command.id, None) if not isinstance(command, Pong) else None
        if asked is None:
            return None
        namespace, ack, first = asked
        if first and isinstance(command, Subscribe) and isinstance(reply, Failed):
            self._places.forget(command.channel)
        if namespace not in self._places:
            return None  # it has left meanwhile
        if isinstance(command, Connect | Vouch):
            return self._let_in(command, namespace, reply)
        packets: list[Packet] = []
        if ack is not None:
            packets += self._packet(Type.ACK, namespace, [answers.answer(namespace, reply)], ack)
        elif isinstance(reply, Failed) and not answers.is_unheard(command, reply):
            packets += self._packet(Type.EVENT, namespace, ["error", answers.error(reply)])
        if isinstance(reply, Subscribed) and reply.channel == self._places.recovering:
            packets += self._cursor(namespace, reply)
        return packets or None

    def _let_in(self, command: Connect | Vouch, namespace: str, reply: Reply) -> Packets | None:
        if isinstance(reply, Failed):
            self._places.leave(namespace)
            code, message = reply.error.code, reply.detail or reply.error.message
            told = answers.connect_error(code, message)
            return self._packet(Type.CONNECT_ERROR, namespace, told)
        if not isinstance(reply, Connected):
            return None
        self._places.let_in(namespace)
        recovered = ""
        if isinstance(command, Connect) and command.recover:
            subs = reply.subs
            recovered = next((e for e in command.subs if e in subs and subs[e].recovered), "")
            self._places.recovering = recovered
        told = answers.connected(reply, self._pid if recovered else reply.session)
        packets = self._packet(Type.CONNECT, namespace, told)
        for each in reply.subs.values():
            packets += self._entered(namespace, each)
            renderer = renderer_of(namespace, each.channel == recovered)
            for publication in each.publications:
                shown = renderer.publication(each.channel, publication)
                packets += shown if isinstance(shown, list) else [shown]
        return packets

    def _cursor(self, namespace: str, reply: Subscribed) -> list[Packet]:
        # What was missed comes behind it, each with a cursor of its own.
        at = reply.asked if reply.publications and reply.asked else reply.position
        word = cursor.write(reply.channel, at.offset, at.tag)
        return self._packet(Type.EVENT, namespace, ["cursor", word])

    def push(self, push: Push) -> Packets | Close | None:
        """Tell of a subscription that the server made, ended, or could not keep whole, as an event."""
        if isinstance(push, Entered):
            if push.part:
                self._places.follow(push.subscribed.channel, push.part)
            namespace = self._places.of(push.subscribed.channel)
            return self._entered(namespace, push.subscribed) if namespace else None
        if isinstance(push, Emit):
            namespace = push.part or self._places.first()
            if namespace not in self._places:
                return None
            return renderer_of(namespace).emitted(push)
        if isinstance(push, Ended | Resync):
            namespace = self._places.of(push.channel)
            if not namespace:
                return None
            if isinstance(push, Resync):
                return self._packet(
                    Type.EVENT, namespace, ["resync", answers.resync(namespace, push)]
                )
            self._places.forget(push.channel)
            told = answers.unsubscribed(namespace, push)
            return self._packet(Type.EVENT, namespace, ["unsubscribed", told])
        return None

    def _entered(self, namespace: str, reply: Subscribed) -> list[Packet]:
        told = answers.subscribed(namespace, reply)
        return self._packet(Type.EVENT, namespace, ["subscribed", told])

    def farewell(self, close: Close) -> Packets | None:
        """Send the client away from its namespaces, unless it may come back."""
        if close.reconnect or not len(self._places):
            return None
        packets: list[Packet] = []
        for namespace, is_in in self._places:
            if is_in:
                packets += self._packet(Type.DISCONNECT, namespace, None)
            else:
                told = answers.connect_error(close.code, answers.reason(close))
                packets += self._packet(Type.CONNECT_ERROR, namespace, told)
        self._places.clear()
        return packets

    @staticmethod
    def _packet(kind: Type, namespace: str, value: Value, id: int | None = None) -> list[Packet]:
        return list(write(SocketPacket(kind, namespace, id, value)))


def _recovers(command: Subscribe) -> bool:
    return isinstance(command.renderer, SocketIoRenderer) and command.renderer.recovers


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
