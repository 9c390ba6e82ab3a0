from __future__ import annotations

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.inbox import Send
from hubbub.errors import NOT_AVAILABLE, Refused
from hubbub.hub.permissions.namespaces import Audience, Data, Namespace
from hubbub.model import Kind
from hubbub.sessions.operations.vetting import vet
from tests.sessions.stage import floor
from tests.sessions.stomp_page import Page

GOOD = say.Publish("room", b"[1]")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (say.Publish("room#ann", b"[1]"), 103),
        (say.Publish("", b"[1]"), 107),
        (say.Publish("room", b"x", Kind.TEXT), 107),
        (say.Rpc("sum"), 108),
        (say.Unsupported(1, NOT_AVAILABLE), 108),
    ],
)
async def test_what_is_sure_to_be_refused_is(bad: say.Command, code: int) -> None:
    async with floor(namespace=Namespace(data=Data.JSON)) as place:
        page = Page(place)
        await page.connect()
        with pytest.raises(Refused, match="number 2 of 2, and none of them is done") as refused:
            vet(page.session, [GOOD, bad])
        assert refused.value.error.code == code


async def test_what_hooks_and_the_broker_may_refuse_is_not() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        vet(page.session, [GOOD, Send("zhang", b"[1]"), say.Settle()])


async def test_who_may_not_send_to_users() -> None:
    async with floor(trusting=False, namespace=Namespace(publish=Audience.EVERYONE)) as place:
        page = Page(place)
        with pytest.raises(Refused, match="sending to users"):
            vet(page.session, [Send("zhang", b"[1]")])
