"""How the load client speaks each protocol: joining a channel, publishing, answering, noticing refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of joining: what is sent, and what a reply to it holds."""

    send: bytes
    expect: bytes


@dataclass(frozen=True, slots=True)
class Speech:
    """One protocol, from the client's side, as plain functions.

    Args:
        path: where a server listens for it, perhaps with `{channel}`.
        by_path: whether the channel is named by the path.
        join: the steps that bring a connection into a channel after the handshake.
        publish: the text that publishes a message, by channel, number and message.
        answer: the text that must answer a text from the server, if any.
        complaint: what the server says is wrong, if a text says so.
    """

    name: str
    path: str
    by_path: bool
    join: Callable[[str], tuple[Step, ...]]
    publish: Callable[[str, int, bytes], bytes]
    answer: Callable[[bytes], bytes | None]
    complaint: Callable[[bytes], str | None]


def _stay(channel: str) -> tuple[Step, ...]:
    return ()


def _as_it_is(channel: str, number: int, message: bytes) -> bytes:
    return message


def _nothing(text: bytes) -> None:
    return None


def _centrifuge_join(channel: str) -> tuple[Step, ...]:
    subscribe = {"id": 2, "subscribe": {"channel": channel}}
    return (
        Step(b'{"id":1,"connect":{}}', b'"id":1'),
        Step(json.dumps(subscribe, separators=(",", ":")).encode(), b'"id":2'),
    )


def _centrifuge_publish(channel: str, number: int, message: bytes) -> bytes:
    named = json.dumps(channel).encode()
    return b'{"id":%d,"publish":{"channel":%b,"data":"%b"}}' % (number + 3, named, message)


def _centrifuge_answer(text: bytes) -> bytes | None:
    return b"{}" if text == b"{}" else None


def _centrifuge_complaint(text: bytes) -> str | None:
    """Find an error reply; several replies may share a frame, one on each line."""
    if b'"error"' not in text:
        return None
    for line in text.splitlines():
        try:
            reply = json.loads(line)
        except ValueError:
            continue
        error = reply.get("error") if isinstance(reply, dict) else None
        if isinstance(error, dict):
            return f"{error.get('message', 'no message')} ({error.get('code', 'no code')})"
    return None


TEXT = Speech("text", "/ws/{channel}", True, _stay, _as_it_is, _nothing, _nothing)
CENTRIFUGE = Speech(
    "centrifuge",
    "/connection/websocket",
    False,
    _centrifuge_join,
    _centrifuge_publish,
    _centrifuge_answer,
    _centrifuge_complaint,
)
SPEECHES = {speech.name: speech for speech in (TEXT, CENTRIFUGE)}
