"""Frames as PyPI's stomp.py has them, and as the specification's grammar says: nothing of ours."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from stomp.utils import Frame as Theirs  # type: ignore[import-untyped]
from stomp.utils import convert_frame, parse_frame

from hubbub.errors import Close
from hubbub.model import Packet, Packets

_ESCAPES = {r"\n": "\n", r"\c": ":", r"\\": "\\", r"\r": "\r"}


class Heard(NamedTuple):
    """A frame, its body as text where it is that."""

    command: str
    headers: dict[str, str]
    body: Any = ""


def theirs(packet: Packet) -> Heard:
    """Return what stomp.py makes of a frame."""
    frame = parse_frame(packet.data.removesuffix(b"\0"))
    return Heard(frame.cmd, dict(frame.headers), frame.body or b"")


def hear(packets: Packets | Close | None) -> list[Heard]:
    """Return what a client of 1.2 makes of packets, each of which is one frame."""
    assert not isinstance(packets, Close)
    return [
        read(packet.data)
        for packet in (packets if isinstance(packets, list) else [packets] if packets else [])
    ]


def read(frame: bytes) -> Heard:
    """Return one whole frame of 1.2, by its grammar."""
    head, _, rest = frame.partition(b"\n\n")
    command, *lines = head.decode().split("\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = line.split(":", 1)
        if command not in {"CONNECT", "CONNECTED"}:
            name, value = (re.sub(r"\\.", lambda m: _ESCAPES[m[0]], each) for each in (name, value))
        headers.setdefault(name, value)
    length = int(headers.get("content-length", rest.index(0)))
    assert rest[length:] == b"\0", "a NUL ends a frame"
    body = rest[:length]
    try:
        return Heard(command, headers, body.decode())
    except UnicodeDecodeError:
        return Heard(command, headers, body)


def said(command: str, headers: dict[str, str] | None = None, body: str | bytes = "") -> Packet:
    """Return the message by which stomp.py says a frame."""
    frame = Theirs(command, dict(headers or {}), body)
    return Packet(b"".join(convert_frame(frame)))
