"""Sending as a program with an app does, and being told of what nobody acknowledges."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hubbub import Hubbub
from hubbub.config import Settings
from hubbub.errors import Refused
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.inbox.values import Overdue
from hubbub.model import Kind
from hubbub.sessions.hooks import Client

SETTINGS = Settings(broker="memory://", open=True)


async def test_a_program_sends_to_whoever_is_not_there() -> None:
    app = Hubbub(SETTINGS)
    async with app.running():
        sent = await app.send("bob", {"text": "hi"}, key="k")
        await app.send("bob", "words", Kind.TEXT, sender="ann", tags={"x": "y"})
        await app.send("bob", b"\xff", Kind.BINARY, sender=Client("s1", "carl"))
        page = await app.inbox.pull("bob", 10)

        assert (sent.id, sent.position.offset) == ("k", 1)
        assert [message.data for message in page.messages] == [b'{"text":"hi"}', b"words", b"\xff"]
        senders = (await app.inbox.unread("bob")).senders
        assert senders == {"": 1, "ann": 1, "carl": 1}
        copies = await app.hub.history("#carl", 10, None, reverse=False)
        assert [each.exclude for each in copies.publications] == ["s1"]
        with pytest.raises(TypeError):
            await app.send("bob", object())
        with pytest.raises(Refused):
            await app.send("a,b", 1)


async def test_the_application_is_told_what_nobody_acknowledges() -> None:
    inbox = replace(InboxSettings(), ack_s=0.2)
    app = Hubbub(Settings(broker="memory://", open=True, inbox=inbox))
    told: asyncio.Queue[tuple[str, list[int]]] = asyncio.Queue()

    @app.on_unacknowledged
    async def push(user: str, overdue: Overdue) -> None:
        told.put_nowait((user, [message.offset for message in overdue.messages]))

    async with app.running(), asyncio.timeout(20):
        await app.send("bob", 1)
        assert await told.get() == ("bob", [1])
    async with app.running(), asyncio.timeout(20):  # as a new node
        await app.send("bob", 2)
        assert await told.get() == ("bob", [1])
