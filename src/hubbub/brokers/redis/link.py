"""One socket to Redis: bytes out, replies in, and the first words on it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import cast

import hiredis

from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.failures import ErrorReply, explain_greeting

Argument = bytes | str | int
Arguments = tuple[Argument, ...]
ReplyHandler = Callable[[object], None]

NOT_REDIS = "what answers there does not speak the Redis protocol"
_NOTHING = object()


class Unreachable(Exception):
    """Report that no usable connection could be made; the message is a sentence about the server."""


def pack(command: Arguments) -> bytes:
    """Return a command as the protocol writes it."""
    return cast(bytes, hiredis.pack_command(command))  # type: ignore[arg-type]


class Link(asyncio.Protocol):
    """Read replies from one socket and hand each, in order and synchronously, to `on_reply`.

    `on_lost` is called once, when the socket is gone, with the reason.
    """

    __slots__ = ("_gets", "_reader", "_reason", "_transport", "heard", "on_lost", "on_reply")

    def __init__(self, on_reply: ReplyHandler, on_lost: Callable[[str], None]) -> None:
        self._reader = hiredis.Reader(
            notEnoughData=_NOTHING,
            replyError=ErrorReply,
            protocolError=hiredis.ProtocolError,
        )
        self._gets = self._reader.gets
        self._transport: asyncio.Transport | None = None
        self._reason = ""
        self.on_reply = on_reply
        self.on_lost = on_lost
        self.heard = False

    @property
    def is_open(self) -> bool:
        """Tell whether the socket still stands."""
        return self._transport is not None and not self._reason

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and let the kernel notice a peer that is gone for good."""
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        """Hand over every complete reply in what arrived."""
        self.heard = True
        self._reader.feed(data)
        gets = self._gets
        try:
            while (reply := gets()) is not _NOTHING:
                self.on_reply(reply)
        except hiredis.ProtocolError:
            self.abort(NOT_REDIS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner once."""
        self._transport = None
        if isinstance(exc, ssl.SSLError):
            reason = f"the TLS connection broke: {exc.reason or exc}"
        elif isinstance(exc, OSError):
            reason = f"the connection broke: {exc.strerror or exc}"
        else:
            reason = "it closed the connection"
        self.on_lost(self._reason or reason)

    def write(self, data: bytes) -> None:
        """Send bytes; after the end of the connection they go nowhere."""
        if self._transport is not None:
            self._transport.write(data)

    def abort(self, reason: str) -> None:
        """Drop the connection now, unsent bytes included; `on_lost` follows in a later loop turn."""
        # What is parsed after this belongs to a connection that has been given up.
        self.on_reply = _ignore
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()


def _ignore(reply: object) -> None:
    """Drop a reply that came too late."""


class Greeting:
    """Collect the replies to the commands that were sent together, and wake who waits for them."""

    __slots__ = ("_done", "_missing", "replies")

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.replies: list[object] = []

    def take(self, reply: object) -> None:
        """Take the next reply."""
        self.replies.append(reply)
        self._missing -= 1
        # A server that closes after one error (too many clients) is heard out only in this way.
        if self._missing <= 0 and not self._done.done():
            self._done.set_result(None)

    def lost(self, reason: str) -> None:
        """Learn that the connection ended before all replies came."""
        if self._done.done():
            return
        if self.replies and isinstance(self.replies[0], ErrorReply):
            reason = explain_greeting("", self.replies[0])
        elif not self.replies and reason != NOT_REDIS:
            # The error that a server sends before it closes can be lost with the connection.
            reason += " before it answered; it may be full (maxclients), or want TLS (rediss://)"
        self._done.set_exception(Unreachable(reason))

    async def wait(self) -> list[object]:
        """Return all replies; raises Unreachable when the connection ends before."""
        await self._done
        return self.replies


async def ask(link: Link, commands: Sequence[Arguments]) -> list[object]:
    """Send commands on a link that nobody else uses yet, and return their replies, errors included.

    Raises Unreachable when the connection ends before.
    """
    greeting = Greeting(len(commands))
    link.on_reply, link.on_lost = greeting.take, greeting.lost
    link.write(b"".join(map(pack, commands)))
    return await greeting.wait()


async def connect(address: Address) -> Link:
    """Open a socket, TLS included.

    Raises Unreachable with a sentence about why not. The caller bounds the time.
    """
    loop = asyncio.get_running_loop()

    def link() -> Link:
        return Link(_ignore, lambda reason: None)

    try:
        if address.path:
            _, made = await loop.create_unix_connection(link, address.path)
        else:
            _, made = await loop.create_connection(
                link, address.host, address.port, ssl=address.tls
            )
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"its certificate is not trusted ({error.verify_message}); "
            "name its authority with ?ssl_ca_certs= in the broker URL"
        ) from error
    except ssl.SSLError as error:
        raise Unreachable(
            "it does not speak TLS there; try redis:// instead of rediss://"
        ) from error
    except socket.gaierror as error:
        raise Unreachable(f"its name cannot be looked up ({error.strerror})") from error
    except OSError as error:
        # The loop joins the errors of several addresses into one, which has no number.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise Unreachable(f"cannot connect: {why}") from error
    return made


async def enter(link: Link, address: Address, name: str) -> None:
    """Authenticate, choose the database and give the connection its name in CLIENT LIST.

    Raises Unreachable with a sentence when the server refuses.
    """
    steps: list[Arguments] = []
    if address.password:
        user = (address.username,) if address.username else ()
        steps.append(("AUTH", *user, address.password))
    steps.append(("SELECT", address.database))
    steps.append(("CLIENT", "SETNAME", name))
    replies = await ask(link, steps)
    for step, reply in zip(steps, replies, strict=True):
        # A server that does not know CLIENT SETNAME, or forbids it, still serves.
        if isinstance(reply, ErrorReply) and step[0] != "CLIENT":
            raise Unreachable(explain_greeting(str(step[0]), reply))
