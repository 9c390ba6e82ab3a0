"""The session of a client that calls, in the hands of the application's functions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, fields

import msgspec

from hubbub.dialects import contract as say
from hubbub.dialects.socketio.values import RESERVED
from hubbub.errors import NOT_AVAILABLE, SERVER_UNSUBSCRIBED, Refused, Unanswered
from hubbub.model import ChannelName, Kind
from hubbub.sessions.calls import Calls
from hubbub.sessions.hooks import Client, SubscribeGrant
from hubbub.sessions.operations.following import enter
from hubbub.sessions.session import Session
from hubbub.sessions.subscription import PLAIN_GRANT

CALL_S = 5.0
"""Seconds that a client has to acknowledge something, where nothing else is said."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Caller(Client):
    """Be a client that calls: what is known of it, and what can be done with its session.

    All of it is for `async` functions, which run in the event loop; a thread gets RuntimeError. Channels have
    their full names, and permissions are not asked: the application decides.
    """

    _session: Session = field(kw_only=True, repr=False, compare=False)
    _call: say.Rpc = field(kw_only=True, repr=False, compare=False)

    async def join(self, channel: ChannelName, info: object = None) -> None:
        """Let the session follow a channel; nothing happens where it does.

        `info` is what the channel's members see of it, beside who it is; JSON can hold it.

        Raises Refused for a bad name, ProtocolViolation (3505) for too many channels, TypeError for an `info`
        that is no JSON, and BrokerUnavailable.
        """
        call = self._call
        grant = PLAIN_GRANT if info is None else SubscribeGrant(info=_json(info))
        await enter(self._session, channel, grant, part=call.part, renderer=call.renderer)

    def leave(self, channel: ChannelName) -> None:
        """End the following of a channel, and tell the client; nothing happens where it follows none."""
        _loop()
        self._session.drop(channel, SERVER_UNSUBSCRIBED)

    def emit(self, event: str, *arguments: object) -> None:
        """Say something to this client alone, which it need not answer.

        A Socket.IO client gets the event, a Centrifuge client a message with `event` and `data`, a plain
        WebSocket a `push` with them in the json format and the data alone in the other. Raises TypeError for
        arguments that no JSON can hold, and ValueError for a name that no event may have.
        """
        self._emit(event, arguments, 0)

    async def call(self, event: str, *arguments: object, timeout_s: float = CALL_S) -> object:
        """Say something to this client, and return what it acknowledges it with.

        That is None for nothing, a list for several values, bytes for bytes alone. Raises Unanswered where it
        does not in time, or goes; Refused (108) where its protocol has no acknowledgements, or (106) where
        too many are missing; and what `emit` raises.
        """
        if not self._session.dialect.acknowledges:
            raise Refused(NOT_AVAILABLE, "this client's protocol acknowledges nothing")
        if self._session.gone:
            raise Unanswered("the session has ended")
        if self._session.calls is None:
            self._session.calls = Calls()
        number, answer = self._session.calls.begin()
        try:
            self._emit(event, arguments, number)
            async with asyncio.timeout(timeout_s):
                said = await answer
        except TimeoutError:
            raise Unanswered(f"it took longer than {timeout_s:g} s") from None
        finally:
            answer.cancel()
        return said.data if said.kind is Kind.BINARY else _decode(said.data)

    def _emit(self, event: str, arguments: tuple[object, ...], ack: int) -> None:
        _loop()
        if event in RESERVED:
            raise ValueError(f"no event may be called {event!r}")
        _json(arguments)
        self._session.push(say.Emit(event, arguments, self._call.part, ack))


def caller(session: Session, call: say.Rpc) -> Caller:
    """Return who calls."""
    known = session.client()
    values = {each.name: getattr(known, each.name) for each in _KNOWN}
    return Caller(**values, _session=session, _call=call)


_KNOWN = fields(Client)


def _json(value: object) -> bytes:
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        raise TypeError(f"this is no JSON: {fault}") from None


def _loop() -> None:
    asyncio.get_running_loop()
