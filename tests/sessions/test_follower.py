from __future__ import annotations

import pytest

from hubbub.dialects.contract import Ping, Request
from hubbub.dialects.text import TextDialect
from hubbub.errors import SHUTDOWN
from hubbub.hub.permissions.grants import Standing
from hubbub.sessions.follower import Follower
from hubbub.sessions.hooks import RefreshGrant
from hubbub.sessions.identity import Identity
from tests.sessions.speaker import Speaker
from tests.sessions.stage import PLAIN, floor


async def test_a_follower_alone_has_no_conversation() -> None:
    async with floor() as place:
        follower = Follower(place.services, TextDialect(PLAIN, "room", ""), None)
        with pytest.raises(NotImplementedError):
            follower.push(Ping())
        with pytest.raises(NotImplementedError):
            follower.end(SHUTDOWN)


async def test_a_user_is_found_by_name_as_long_as_it_is_there() -> None:
    async with floor() as place:
        one, two = Speaker(place), Speaker(place)
        for speaker in (one, two):
            await speaker.connect(data={"user": "ann"})
        assert place.registry.of_user("ann") == (one.session, two.session)
        one.session.dismiss()
        assert place.registry.of_user("ann") == (two.session,)
        two.session.closed(SHUTDOWN)
        assert place.registry.of_user("ann") == ()


async def test_what_a_session_is_in_a_channel() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        assert ann.session.standing("room") == Standing("ann")
        await ann.ask(subscribe={"channel": "room"})
        assert ann.session.standing("room") == Standing("ann", subscribed=True)


async def test_what_the_application_sees_of_a_session() -> None:
    async with floor() as place:
        request = Request(headers={"x-tenant": "a"}, peer="10.0.0.7", carrier="sse")
        session = Speaker(place, request).session
        session.become(Identity("ann", b"1", b"2"))
        client = session.client()
        assert (client.session, client.user, client.dialect) == (
            session.id,
            "ann",
            "centrifuge-json",
        )
        assert (client.transport, client.peer, client.headers) == (
            "sse",
            "10.0.0.7",
            request.headers,
        )
        assert (client.info, client.meta) == (b"1", b"2")


async def test_who_may_stay_is_told_for_how_long() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        now_s = place.node.clock.epoch_ms() // 1000
        ann.session.renew(RefreshGrant(expire_at=now_s + 60))
        (push,) = ann.pushes()
        assert (push["refresh"]["expires"], push["refresh"]["ttl"]) == (True, 60)
        ann.session.renew(RefreshGrant(expire_at=now_s - 1))
        assert ann.code == 3005
