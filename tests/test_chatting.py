from __future__ import annotations

import pytest

from hubbub.errors import Refused
from hubbub.hub.chats.receipts import Cursor, Room
from hubbub.hub.permissions.namespaces import Namespace
from tests.test_app import enter, running, turn

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True, people=True)


async def test_a_program_takes_part_in_a_chat() -> None:
    async with running(default_namespace=CHAT) as app:
        _, carrier = enter(app, "/ws/room")
        await app.publish("room", "helo")
        edited = await app.edit("room", 1, "hello", user="bot")
        assert edited.position.offset == 2
        await app.react("room", 1, "+", user="bot")
        await app.delete("room", 1)
        app.typing("room", "bot")
        assert await app.mark("room", "ann", read=1) == Cursor(1, 1)
        assert await app.receipts("room") == {"ann": Cursor(1, 1)}
        await app.status("room", "ann", state="away")
        assert (await app.people("room"))["ann"].status.state == "away"
        assert [type(room) for room in (await app.rooms("ann", "room", "")).values()] == [
            Room,
            Refused,
        ]
        await turn()
        page = await app.hub.history("room", -1, None, reverse=False)
        with pytest.raises(Refused):
            await app.react("room", 1, "-")
        with pytest.raises(TypeError):
            await app.edit("room", 1, object())
        with pytest.raises(Refused):
            await app.edit("nowhere", 1, "hello")
    assert carrier.lines() == ["helo"]
    assert [each.data for each in page.publications] == [
        b"null",
        b"null",
        b'{"reaction":"+"}',
        b"null",
    ]


async def test_a_program_mentions_users() -> None:
    async with running(default_namespace=Namespace(mentions="to")) as app:
        await app.publish("room", {"to": ["bob"]})
        assert len((await app.inbox.pull("bob", 9)).messages) == 1
