"""Records in Redis: a hash for each, one sorted set of their names, and one of when they may be over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hubbub.brokers.records import Life, RecordName, behind
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.link import Argument, pack


class RedisRecords:
    """Keep records in Redis; each change is one script, which also keeps the names."""

    __slots__ = ("_commands", "_layout", "_looks", "_names")

    def __init__(self, commands: Commands, layout: Layout) -> None:
        self._commands = commands
        self._layout = layout
        self._names = layout.records()
        self._looks = layout.looks()

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return all fields."""
        return await self._commands.send(pack(("HGETALL", self._layout.record(record))), _fields)

    async def put(self, record: RecordName, field: str, value: bytes, life: Life) -> None:
        """Write a field."""
        await self._run(lua.RECORD_PUT, record, field, value, 0, life.ms, life.look_ms)

    async def put_new(self, record: RecordName, field: str, value: bytes, life: Life) -> bool:
        """Write a field that is not there."""
        kept = await self._run(lua.RECORD_PUT, record, field, value, 1, life.ms, life.look_ms)
        return kept == 1

    async def raise_to(self, record: RecordName, field: str, number: int, life: Life) -> int:
        """Raise a number to at least `number`."""
        return await self._run(lua.RECORD_RAISE, record, field, number, life.ms, life.look_ms)

    async def remove(self, record: RecordName, fields: Sequence[str]) -> None:
        """Remove fields."""
        if fields:
            await self._run(lua.RECORD_REMOVE, record, *fields)

    async def release(self, record: RecordName, field: str, value: bytes) -> bool:
        """Remove a field if it has this value."""
        return await self._run(lua.RECORD_RELEASE, record, field, value) == 1

    async def drop(self, record: RecordName) -> None:
        """Remove a record."""
        await self._run(lua.RECORD_REMOVE, record)

    async def names(self, prefix: str, after: RecordName, limit: int) -> list[RecordName]:
        """Return a page of names."""
        start, last = prefix.encode(), after.encode()
        lowest = b"(" + last if last >= start and last else b"[" + start
        highest = b"(" + behind(start) if start else b"+"
        command = ("ZRANGEBYLEX", self._names, lowest, highest, "LIMIT", 0, limit)
        return await self._commands.send(pack(command), _decoded)

    def sweep(self, limit: int) -> asyncio.Future[int]:
        """Remove records whose time is over; return how many, `limit` at most, were looked at."""
        roots = (self._layout.record(""), self._layout.counters_root())
        head = ("EVALSHA", lua.RECORD_SWEEP.digest, 2, self._names, self._looks)
        return self._commands.send(pack((*head, *roots, limit)), int)

    async def _run(self, script: lua.Script, record: RecordName, *arguments: Argument) -> int:
        keys = (self._layout.record(record), self._names, self._looks)
        weight = sum(len(each) for each in arguments if isinstance(each, bytes))
        command = pack(("EVALSHA", script.digest, 3, *keys, record, *arguments))
        return await self._commands.send(command, int, weight=weight)


def _fields(reply: Sequence[bytes]) -> dict[str, bytes]:
    return {field.decode(): value for field, value in zip(reply[::2], reply[1::2], strict=True)}


def _decoded(reply: Sequence[Any]) -> list[RecordName]:
    return [name.decode() for name in reply]
