"""Several methods in one request: a batch, or commands as lines, which is how older programs call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from hubbub.dialects.payloads import decode_json
from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, Refused
from hubbub.http.api.envelope import Failure, Outcome, encode
from hubbub.http.api.requests import BatchRequest, LineRequest
from hubbub.hub.stepping import start

Call = Callable[[str, bytes], Coroutine[Any, Any, Outcome]]
"""Run a method, given its name and the body that it would have alone."""

TOGETHER = 32
"""Commands of a parallel batch that are on their way at the same time."""
ANSWER_BYTES = 16 * 1024 * 1024
"""Once the replies are larger, the commands that are left are not run."""

_BATCH = msgspec.json.Decoder(BatchRequest)
_LINE = msgspec.json.Decoder(LineRequest)


class _Command(NamedTuple):
    method: str
    request: bytes


class _Reply(NamedTuple):
    failed: bool
    said: bytes

    def named(self, name: str) -> dict[str, Raw]:
        """Return it as a member called `name`, or `error`."""
        return {"error" if self.failed else name: Raw(self.said)}


async def run_batch(call: Call, body: bytes, limit: int) -> bytes:
    """Run a batch of `limit` commands at most, and return `{"replies": [..]}`, in the same order.

    Raises Refused (107), or msgspec.DecodeError.
    """
    batch = decode_json(_BATCH, body)
    if any(len(each) != 1 for each in batch.commands):
        raise Refused(BAD_REQUEST_ERROR, "a command has one member, named like its method")
    commands = [
        _Command(name, bytes(request)) for each in batch.commands for name, request in each.items()
    ]
    replies = await _run(call, commands, TOGETHER if batch.parallel else 1, limit)
    said = [reply.named(command.method) for command, reply in zip(commands, replies, strict=True)]
    return encode({"replies": said})


async def run_lines(call: Call, body: bytes, limit: int) -> bytes:
    """Run commands that are JSON objects on a line each, and return an envelope on a line for each.

    Raises Refused (107), or msgspec.DecodeError.
    """
    lines = [decode_json(_LINE, line) for line in body.split(b"\n") if line.strip()]
    commands = [_Command(line.method.lower(), bytes(line.params)) for line in lines]
    replies = await _run(call, commands, 1, limit)
    said = [
        ({"id": line.id} if line.id else {}) | reply.named("result")
        for line, reply in zip(lines, replies, strict=True)
    ]
    return b"\n".join(map(encode, said))


async def _run(call: Call, commands: Sequence[_Command], together: int, limit: int) -> list[_Reply]:
    if not 1 <= len(commands) <= limit:
        raise Refused(BAD_REQUEST_ERROR, f"a request has 1 to {limit} commands")
    replies: list[_Reply] = []
    size = 0
    for first in range(0, len(commands), together):
        part = commands[first : first + together]
        if size > ANSWER_BYTES:
            replies += [_reply(_TOO_MUCH)] * len(part)
            continue
        outcomes = await asyncio.gather(*(start(call(each.method, each.request)) for each in part))
        replies += map(_reply, outcomes)
        size += sum(len(reply.said) for reply in replies[-len(part) :])
        await asyncio.sleep(0)  # an embedded broker never waits, but others must get a turn
    return replies


_TOO_MUCH = Failure.of(LIMIT_EXCEEDED, f"the replies before are {ANSWER_BYTES} bytes or more")


def _reply(outcome: Outcome) -> _Reply:
    if isinstance(outcome, Failure):
        return _Reply(True, encode(outcome.complaint))
    return _Reply(False, encode(outcome))
