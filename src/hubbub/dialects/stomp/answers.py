"""What the server says to one client: CONNECTED, RECEIPT, ERROR, and messages that are for it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hubbub.dialects.contract import (
    Answered,
    Failed,
    Published,
    Reply,
    Response,
    Resync,
    Subscribed,
)
from hubbub.dialects.positions import format_position
from hubbub.dialects.stomp import cursor
from hubbub.dialects.stomp.frames import write
from hubbub.dialects.stomp.subscriptions import Subscription
from hubbub.dialects.stomp.values import CONTENT_TYPE, OURS, TYPES
from hubbub.dialects.stomp.versions import Version, escaped, writable
from hubbub.model import Kind, Packet

Headers = Iterator[tuple[str, str]]


class Asked(NamedTuple):
    """What a client wants to be told of a command.

    Args:
        receipt: what it calls the RECEIPT ("": none is wanted). silent: whether success is told by another
            command's answer. answers: the subscription for which the result is, and `correlation` what the
            client calls it. within: which part it is of what.
    """

    receipt: str = ""
    silent: bool = False
    answers: Subscription | None = None
    correlation: str = ""
    within: str = ""


def receipt(id: str, reply: Reply, version: Version) -> Packet:
    """Return a RECEIPT: the command is done."""
    return Packet(write("RECEIPT", _receipt(id, reply), b"", version))


def _receipt(id: str, reply: Reply) -> Headers:
    yield "receipt-id", id
    if isinstance(reply, Published) and reply.position.offset:
        yield "message-id", cursor.message_id(reply.channel, reply.position)
    if isinstance(reply, Subscribed):
        yield "x-position", format_position(reply.position)
        if reply.asked is not None:
            yield "x-recovered", "true" if reply.recovered else "false"
            if reply.reason:
                yield "x-reason", reply.reason


def error(
    sentence: str, version: Version, *, code: int = 0, receipt: str = "", versions: str = ""
) -> Packet:
    """Return an ERROR: the connection ends.

    Args:
        sentence: what went wrong. code: the number of the refusal, or of the end. receipt: what the client
            calls the RECEIPT that it does not get. versions: those that are spoken here.
    """
    said = (
        ("message", sentence),
        ("receipt-id", receipt),
        ("x-code", str(code or "")),
        ("version", versions),
    )
    return Packet(write("ERROR", [each for each in said if each[1]], b"", version))


def lost(resync: Resync) -> str:
    """Return the sentence for a channel in which messages may be missing."""
    top = format_position(resync.position)
    return f"messages of {resync.channel} up to {top} may be missing ({resync.reason})"


def result(asked: Asked, number: int, reply: Answered | Failed, version: Version) -> Packet:
    """Return what a function returned, or that it refused, as a MESSAGE.

    Args:
        number: what no other answer of this connection is called.
    """
    if isinstance(reply, Answered):
        return _message(asked, f"answer-{number}", reply.data, reply.kind, version)
    sentence = reply.detail or reply.error.message
    said = (("x-code", str(reply.error.code)), ("message", sentence))
    return _message(asked, f"answer-{number}", sentence.encode(), Kind.TEXT, version, said)


def response(to: Subscription, number: int, said: Response, version: Version) -> Packet:
    """Return what another client answered, as a MESSAGE.

    Args:
        to: the subscription that it is for. number: what no other answer of this connection is called.
    """
    tags = said.tags or {}

    def headers() -> Headers:
        yield "destination", to.place.destination
        yield "subscription", to.key
        yield "message-id", f"answer-{number}"
        yield CONTENT_TYPE, tags.get(CONTENT_TYPE) or TYPES[said.kind]
        if said.user:
            yield "x-user", said.user
        for name, value in tags.items():
            if name not in OURS and writable(name, version):
                yield escaped(name, version), value

    return Packet(write("MESSAGE", headers(), said.data, version), said.kind is Kind.BINARY)


def _message(
    asked: Asked,
    id: str,
    data: bytes,
    kind: Kind,
    version: Version,
    said: tuple[tuple[str, str], ...] = (),
) -> Packet:
    to = asked.answers
    assert to is not None  # noqa: S101 - for the type checker

    def headers() -> Headers:
        yield "destination", to.place.destination
        yield "subscription", to.key
        yield "message-id", id
        if asked.correlation:
            yield "correlation-id", asked.correlation
        yield CONTENT_TYPE, TYPES[kind]
        yield from said

    return Packet(write("MESSAGE", headers(), data, version), kind is Kind.BINARY)
