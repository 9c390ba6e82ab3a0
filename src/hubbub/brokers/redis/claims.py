"""After a loss: find out which unanswered publications were executed, so that none is repeated in vain.

The entries of a channel carry their publications' tags, and the server keeps the newest of them with the
times of their execution. One look per channel, before anything else is sent on the new connection, tells
what was executed; those publications get their answer late, the others are sent again. It cannot be told
when too much was published since, or the history was removed. The publication fails then, because an
honest "unknown" is better than a message twice.
"""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from typing import Any, cast

from hubbub.brokers.redis import lua
from hubbub.brokers.redis.command import Claim, Command
from hubbub.brokers.redis.failures import ErrorReply, Remedy, explain
from hubbub.brokers.redis.link import Arguments, Link, Unreachable, ask

UNKNOWN = (
    "the connection to Redis broke before it answered, and so much was published since, or the history "
    "removed, that it cannot tell whether this message was stored"
)

Queue = deque[Command[Any]]


def claimed(queue: Queue) -> dict[tuple[bytes, bytes], list[Command[Any]]]:
    """Return the commands whose first attempt may have been executed, by their channel's keys."""
    found: dict[tuple[bytes, bytes], list[Command[Any]]] = defaultdict(list)
    for command in queue:
        if command.since_ms is not None and isinstance(command.again, Claim):
            found[command.again.meta, command.again.stream].append(command)
    return found


def question(keys: tuple[bytes, bytes], commands: list[Command[Any]]) -> Arguments:
    """Return the command that asks for the fate of one channel's publications."""
    tags = [cast(Claim, command.again).tag for command in commands]
    since_ms = min(command.since_ms or 0 for command in commands)
    return (
        "EVALSHA",
        lua.SETTLE.digest,
        2,
        *keys,
        since_ms,
        struct.pack(f">{len(tags)}I", *tags),
    )


def answer(commands: list[Command[Any]], reply: object) -> list[Command[Any]]:
    """Tell one channel's publications their fate; return those that must not be sent again."""
    if isinstance(reply, ErrorReply):
        for command in commands:
            command.fail(f"{UNKNOWN}; {explain(reply).sentence}")
        return commands
    epoch, complete, flat = cast(list[Any], reply)
    places = dict(zip(flat[::2], flat[1::2], strict=True))
    ended = []
    for command in commands:
        tag = cast(Claim, command.again).tag
        if tag in places:
            ended.append(command)
            if not command.future.done():
                stored = [epoch, places[tag], tag, command.since_ms]
                command.future.set_result(command.decode(stored))
        elif complete:
            command.since_ms = None
        else:
            ended.append(command)
            command.fail(UNKNOWN)
    return ended


async def settle(link: Link, queue: Queue) -> int:
    """Ask for the fate of everything claimed in `queue`, remove what has ended, and return its weight.

    Raises Unreachable when this server cannot be used after all; the queue is then as it was.
    """
    groups = claimed(queue)
    if not groups:
        return 0
    replies = await ask(link, [question(keys, commands) for keys, commands in groups.items()])
    for reply in replies:
        if isinstance(reply, ErrorReply) and explain(reply).remedy is Remedy.RECONNECT:
            raise Unreachable(explain(reply).sentence)
    ended: list[Command[Any]] = []
    for commands, reply in zip(groups.values(), replies, strict=True):
        ended += answer(commands, reply)
    # The queue may have changed while the server was asked: some have expired, others have come.
    gone = {id(command) for command in ended}
    weight = sum(command.weight for command in queue if id(command) in gone)
    kept = [command for command in queue if id(command) not in gone]
    queue.clear()
    queue.extend(kept)
    return weight
