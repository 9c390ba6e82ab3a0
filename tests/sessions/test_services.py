from __future__ import annotations

import dataclasses

from hubbub.sessions.hooks import Event, PublishAsk, PublishGrant, unheard
from tests.sessions.stage import floor


async def test_requests_are_kept_only_where_the_application_may_ask_for_them() -> None:
    async def hook(ask: PublishAsk) -> PublishGrant:
        return PublishGrant()

    heard: list[Event] = []
    async with floor() as place:
        silent = dataclasses.replace(place.services, events=unheard)
        assert not silent.keeps_requests
        assert dataclasses.replace(silent, events=heard.append).keeps_requests
        place.hooks.publish = hook
        assert silent.keeps_requests
