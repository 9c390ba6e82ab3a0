"""The state machine of one STOMP connection.

    new ──CONNECT──▶ greeted ──DISCONNECT──▶ leaving

What goes wrong is told by an ERROR, which always ends the connection (1.2, "ERROR"). It comes in its turn:
what was said before is done, and has its RECEIPT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Final

from hubbub.dialects.contract import (
    Answered,
    Command,
    Connected,
    Emit,
    Ended,
    Entered,
    Failed,
    Ping,
    Pong,
    Push,
    Renderer,
    Reply,
    Response,
    Resync,
    Unsupported,
)
from hubbub.dialects.refusals import REFUSED, TRY_AGAIN_LATER, close_of
from hubbub.dialects.stomp import answers, introduction, requests
from hubbub.dialects.stomp.answers import Asked
from hubbub.dialects.stomp.asking import FRAMES, Asking
from hubbub.dialects.stomp.destinations import APPLICATION, TEMPORARY, Place, Realm
from hubbub.dialects.stomp.frames import HEARTBEAT, Decoder, Frame, write
from hubbub.dialects.stomp.introduction import Beats
from hubbub.dialects.stomp.renderer import renderer_of
from hubbub.dialects.stomp.versions import ALL, Version, choose
from hubbub.errors import (
    BAD_REQUEST,
    BAD_REQUEST_ERROR,
    INSUFFICIENT_STATE,
    LIMIT_EXCEEDED,
    NORMAL,
    RESUBSCRIBE,
    TOO_BIG,
    Close,
    ErrorCode,
    ProtocolViolation,
    Refused,
)
from hubbub.model import Packet, Packets

_BEAT: Final = Packet(HEARTBEAT)


class State(Enum):
    """What was said already."""

    NEW = auto()
    GREETED = auto()
    """The client has introduced itself; whether it is let in is decided in turn with what comes behind."""
    LEAVING = auto()
    """The client said goodbye, or something that ends the connection: nothing more is heard."""


_NEXT: Mapping[State, Mapping[str, State]] = {
    State.NEW: {"CONNECT": State.GREETED, "STOMP": State.GREETED},
    State.GREETED: {**dict.fromkeys(FRAMES, State.GREETED), "DISCONNECT": State.LEAVING},
    State.LEAVING: {},
}
"""What may be said when, and where it leads."""


class StompDialect:
    """Hold one connection's side.

    Args:
        limit: bytes of a frame, and of what may wait in transactions.
        application: what stands before the names of functions in destinations.
        user: whom the address names; only an open server believes it.
    """

    __slots__ = ("_asking", "_beats", "_decoder", "_last_words", "_ping_s", "_state", "_user")

    replays: bool = True
    acknowledges: bool = False
    ends_on_resync: bool = False
    says_farewell: bool = True
    asks_at_first: bool = False

    def __init__(self, limit: int, application: str = APPLICATION, user: str = "") -> None:
        self._user = user
        self._state = State.NEW
        self._decoder = Decoder(limit)
        self._asking = Asking(limit, application)
        self._beats = Beats()
        self._ping_s = 0
        self._last_words: Packet | None = None
        """The ERROR that is to be said before the connection ends."""

    @property
    def renderer(self) -> Renderer:
        """Return what shows a channel that the server makes the client follow."""
        return renderer_of(self._version)

    @property
    def pings(self) -> bool:
        """Tell whether either side wants signs of life."""
        return bool(self._beats.sends or self._beats.wants)

    @property
    def pongs(self) -> bool:
        """Tell whether the client gives signs of life by itself, often enough."""
        return 0 < self._beats.sends <= self._ping_s * 1500

    @property
    def _version(self) -> Version:
        return self._asking.version

    def open(self) -> Sequence[Command]:
        """Return nothing: clients introduce themselves."""
        return ()

    # ── from the client ─────────────────────────────────────────────────────────────────────────

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of the frames that a message completes.

        Raises ProtocolViolation (3501) for what is no introduction; what is wrong later is refused in turn.
        """
        commands: list[Command] = []
        if self._state is not State.LEAVING:
            self._decoder.feed(packet.data)
        while self._state is not State.LEAVING:
            wanted = ""
            try:
                frame = self._decoder.take()
                if frame is None:
                    break
                wanted = requests.receipt(frame)
                commands += self._take(frame, wanted)
            except ProtocolViolation as fault:
                wanted = wanted or _wanted(self._decoder.begun)
                error = LIMIT_EXCEEDED if fault.close is TOO_BIG else BAD_REQUEST_ERROR
                commands.append(self._refuse(error, fault.detail, wanted))
            except Refused as refused:
                commands.append(self._refuse(refused.error, refused.detail, wanted))
        return commands

    def _take(self, frame: Frame, wanted: str) -> Sequence[Command]:
        state = _NEXT[self._state].get(frame.command)
        if state is None:
            raise requests.bad(f"{frame.command[:40]!r} cannot be said now")
        if self._state is State.NEW:
            commands = self._connect(frame)
        else:
            commands = FRAMES[frame.command](self._asking, frame, wanted)
        self._state = state
        return commands

    def _connect(self, frame: Frame) -> Sequence[Command]:
        version = choose(frame.headers.get("accept-version"))
        if version is None:
            raise requests.bad(f"the versions of STOMP here are {ALL}")
        self._decoder.version = self._asking.version = version
        self._beats = introduction.beats_of(frame, version)
        return (introduction.introduction(frame, self._asking.ask(Asked()), self._user),)

    def _refuse(self, error: ErrorCode, detail: str, wanted: str) -> Command:
        """Return a command that will be refused, with an ERROR. Raises ProtocolViolation (3501) at first."""
        sentence = f"{error.message}: {detail}" if detail else error.message
        if self._state is State.NEW:
            self._last_words = answers.error(
                sentence, self._version, code=error.code, receipt=wanted, versions=ALL
            )
            raise ProtocolViolation(BAD_REQUEST, sentence)
        self._state = State.LEAVING
        return Unsupported(self._asking.ask(Asked(wanted)), ErrorCode(error.code, sentence))

    # ── to the client ───────────────────────────────────────────────────────────────────────────

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Give a RECEIPT where one is wanted. Raises ProtocolViolation for what is refused."""
        asked = self._asking.answered(0 if isinstance(command, Pong) else command.id)
        packets: list[Packet] = []
        if isinstance(reply, Connected):
            packets += self._connected(reply)
        if asked.answers is not None and isinstance(reply, Answered | Failed):
            packets.append(answers.result(asked, self._asking.count(), reply, self._version))
        elif isinstance(reply, Failed):
            sentence = reply.detail or reply.error.message
            if asked.within:
                sentence = f"{sentence}; {asked.within}"
            self._last_words = answers.error(
                sentence, self._version, code=reply.error.code, receipt=asked.receipt
            )
            raise ProtocolViolation(_close(reply), sentence)
        if asked.receipt and not asked.silent:
            packets.append(answers.receipt(asked.receipt, reply, self._version))
        return packets or None

    def _connected(self, reply: Connected) -> list[Packet]:
        self._ping_s = reply.ping_s
        self._asking.user, self._asking.address = reply.user, reply.address
        self._beats = self._beats.agreed(reply.ping_s)
        headers = introduction.connected(self._version, reply, self._beats)
        packets = [Packet(write("CONNECTED", headers, b"", self._version))]
        renderer = renderer_of(self._version)
        for each in reply.subs.values():
            self._asking.subscriptions.entered(each.channel)
            for publication in each.publications:
                shown = renderer.publication(each.channel, publication)
                packets += shown if isinstance(shown, list) else [shown]
        return packets

    def push(self, push: Push) -> Packets | Close | None:
        """Say something to this client, or end the connection where there is no other word for it."""
        if isinstance(push, Ping):
            return _BEAT if self._beats.wants else None
        if isinstance(push, Entered):
            self._asking.subscriptions.entered(push.subscribed.channel)
        elif isinstance(push, Emit):
            return renderer_of(self._version).emitted(push)
        elif isinstance(push, Response):
            to = self._asking.answered_to(Place(Realm.ANSWERS, TEMPORARY, push.name))
            return answers.response(to, self._asking.count(), push, self._version)
        elif isinstance(push, Ended) and self._asking.subscriptions.ended(push.channel):
            code = REFUSED if push.code < RESUBSCRIBE else TRY_AGAIN_LATER
            sentence = f"the server ended the subscription to {push.channel}: {push.reason}"
            return self._end(Close(code, push.reason), sentence, push.code)
        elif isinstance(push, Resync):
            return self._end(INSUFFICIENT_STATE, answers.lost(push), INSUFFICIENT_STATE.code)
        return None

    def _end(self, close: Close, sentence: str, code: int) -> Close:
        """Note what is said before the connection ends."""
        self._last_words = answers.error(sentence, self._version, code=code)
        return close

    def farewell(self, close: Close) -> Packets | None:
        """Tell why the connection ends, unless the client wanted it."""
        if self._last_words is None and close != NORMAL:
            return answers.error(
                close.reason or "the server closed", self._version, code=close.code
            )
        return self._last_words


def _close(reply: Failed) -> Close:
    return BAD_REQUEST if reply.error.code == BAD_REQUEST_ERROR.code else close_of(reply)


def _wanted(begun: Frame | None) -> str:
    """Return what a frame wants a receipt for of which no more than the headers are right."""
    wanted = begun.headers.get("receipt", "") if begun else ""
    return wanted if len(wanted) <= requests.RECEIPT_LIMIT else ""
