from __future__ import annotations

from hubbub.sessions.hooks import PublishAsk, PublishGrant, unheard
from tests.sessions.stage import floor


async def test_requests_are_kept_only_where_the_application_may_ask_for_them() -> None:
    async def hook(ask: PublishAsk) -> PublishGrant:
        return PublishGrant()

    async with floor() as place:
        kept = [place.services.keeps_requests]
        place.hooks.events = unheard
        kept.append(place.services.keeps_requests)
        place.hooks.publish = hook
        kept.append(place.services.keeps_requests)

    assert kept == [True, False, True]
