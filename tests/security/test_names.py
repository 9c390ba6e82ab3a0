"""A client that invents names of channels, senders and devices: whatever it asks, nothing stays behind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from tests.brokers.redis.ageing import age
from tests.brokers.redis.healer import until
from tests.clients.talk import Talk, talking
from tests.contracts.broker_stage import Recorder
from tests.docs.served import Served
from tests.servers import RedisServer

NAMES = 40
DAY_S = 86_400
CHAT = """
[namespaces.chat]
typing = true
edits = true
reactions = true
receipts = true
people = true
mentions = "to"
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    with RedisServer(tmp_path / "redis") as server:
        yield server


def folder(tmp_path: Path) -> Path:
    (tmp_path / "hubbub.toml").write_text(CHAT, "utf-8")
    return tmp_path


def asked_about(channel: str, name: str) -> list[dict[str, Any]]:
    """Return what a client says that wants as much as possible to be remembered about a name."""

    def rpc(operation: str, **body: object) -> dict[str, Any]:
        return {"rpc": {"method": f"hubbub.{operation}", "data": body}}

    return [
        {"subscribe": {"channel": channel}},
        rpc("status", channel=channel, state="away"),
        rpc("mark", channel=channel, read=0, received=0),
        rpc("mark", channel=channel, read=1, received=7),
        rpc("delete", channel=channel, offset=1),
        rpc("react", channel=channel, offset=1, reaction="x"),
        rpc("receipts", channel=channel),
        rpc("people", channel=channel),
        rpc("rooms", channels=[f"{channel}{number}" for number in range(20)]),
        rpc("inbox_read", upto=0, sender=name),
        rpc("inbox_ack", upto=0, device=name),
        rpc("inbox_ack", offsets=[1], device=name),
        {"history": {"channel": channel, "limit": 10}},
        {"presence": {"channel": f"{channel}x"}},
        {"unsubscribe": {"channel": channel}},
    ]


async def be_hostile(port: int) -> None:
    """Say all that about many names."""
    numbers = count(1000)
    async with talking(port) as talk:
        await talk.result("connect", data={"user": "mallory"})
        for each in range(NAMES):
            said = asked_about(f"chat:{each:04}", f"name {each}")
            commands = [{"id": next(numbers), **command} for command in said]
            await talk.say("\n".join(map(json.dumps, commands)))
            replies = [await talk.reply(command["id"]) for command in commands]
            refused = [reply["error"]["code"] for reply in replies if "error" in reply]
            assert refused == [107, 107, 108, 108, 107], replies
            talk.pushes.clear()


async def talk_as_people_do(talk: Talk) -> None:
    """Publish, read, delete, and have a status, in one room."""
    await talk.result("connect", data={"user": "ann"})
    await talk.result("subscribe", channel="chat:room")
    for text in ("1", "2"):
        await talk.result("publish", channel="chat:room", data={"text": text})
    for operation, body in (
        ("status", {"state": "away"}),
        ("mark", {"read": 2}),
        ("delete", {"offset": 1}),
    ):
        method, data = f"hubbub.{operation}", {"channel": "chat:room", **body}
        await talk.result("rpc", method=method, data=data)


async def test_names_leave_nothing_in_redis_and_what_is_left_of_talk_ends(
    tmp_path: Path, redis: RedisServer
) -> None:
    with Served(folder(tmp_path), "--broker", redis.url) as served:
        await be_hostile(served.port)
        async with talking(served.port) as talk:
            await talk_as_people_do(talk)
    # Everybody was seen last now: who leaves a node that stops is noted at once.
    kept = set(redis.cli("ZRANGE", "hubbub:{0}:records", 0, -1).split())
    assert kept == {"rooms:ann", "receipts:chat:room", "people:chat:room", "deleted:chat:room"}
    assert len(redis.cli("KEYS", "hubbub:{0}:m:chat:*").split()) > NAMES
    age(redis, 300)
    assert redis.cli("KEYS", "hubbub:{0}:m:chat:*") == "hubbub:{0}:m:chat:room"
    age(redis, 120 * DAY_S)
    broker = RedisBroker(RedisSettings(url=redis.url), SystemClock())
    await broker.start("another", Recorder())
    await until(lambda: redis.cli("EXISTS", "hubbub:{0}:records") == "0")
    await broker.close()
    assert redis.cli("KEYS", "*:r:*") == ""


async def test_names_leave_nothing_in_a_file(tmp_path: Path) -> None:
    with Served(folder(tmp_path), "--broker", "sqlite:///names.db") as served:
        await be_hostile(served.port)
        async with talking(served.port) as talk:
            await talk_as_people_do(talk)
    with closing(sqlite3.connect(tmp_path / "names.db")) as connection:
        found = connection.execute("SELECT DISTINCT name FROM records").fetchall()

    kept = {name.decode() for (name,) in found}
    assert kept == {"rooms:ann", "receipts:chat:room", "people:chat:room", "deleted:chat:room"}
