"""All questions and events to a real backend, which answers like one made for Centrifugo."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from hubbub.errors import HookUnavailable, Reject
from hubbub.hooks.remote import Remote, forwarded
from hubbub.hooks.settings import EventSettings, HookSettings
from hubbub.hub.contract import Statistics
from hubbub.hub.inbox.values import Overdue
from hubbub.model import ClientInfo, Position, Publication
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    ConnectGrant,
    Event,
    EventKind,
    Hooks,
    PublishAsk,
    PublishGrant,
    RefreshAsk,
    RefreshGrant,
    RpcAnswer,
    RpcAsk,
    SubRefreshAsk,
    SubRefreshGrant,
    SubscribeAsk,
    SubscribeGrant,
)
from tests.fakes.clock import JumpingClock
from tests.hooks.backend import Backend, Manner, answering, hang_up, running

HEADERS = {"cookie": "session=hush", "x-forwarded-for": "10.0.0.1", "x-bad": "a\r\nx-evil: 1"}
CLIENT = Client("s1", "zhang", "centrifuge-json", "websocket", headers=HEADERS, meta=b"[7]")


@dataclass
class Stage:
    remote: Remote
    backend: Backend

    @property
    def hooks(self) -> Hooks:
        return self.remote.hooks


@asynccontextmanager
async def stage(*manners: Manner, settings: HookSettings = HookSettings()) -> AsyncIterator[Stage]:  # noqa: B008 - frozen
    async with running(*manners) as backend:
        url = backend.url
        chosen = replace(
            settings,
            connect=f"{url}/connect",
            refresh=f"{url}/refresh",
            subscribe=f"{url}/subscribe",
            publish=f"{url}/publish",
            sub_refresh=f"{url}/sub_refresh",
            rpc=f"{url}/rpc",
            unacknowledged=f"{url}/unacknowledged",
            events=EventSettings(url=f"{url}/events"),
            timeout_s=10.0,
        )
        remote = Remote(chosen, JumpingClock(), Statistics())
        try:
            yield Stage(remote, backend)
        finally:
            remote.close()


async def test_every_question_goes_to_its_url_and_comes_back_as_a_grant() -> None:
    manners = [
        answering({"result": {"user": "zhang"}}),
        answering({"result": {"expire_at": 5}}),
        answering({"result": {"info": 1}}),
        answering({"result": {"data": 2}}),
        answering({"result": {"expired": True}}),
        answering({"result": {"data": 3}}),
    ]
    async with stage(*manners) as on:
        hooks = on.hooks
        assert hooks.connect and hooks.refresh and hooks.subscribe
        assert hooks.publish and hooks.sub_refresh and hooks.rpc

        assert await hooks.connect(ConnectAsk(CLIENT)) == ConnectGrant("zhang")
        assert await hooks.refresh(RefreshAsk(CLIENT)) == RefreshGrant(expire_at=5)
        assert await hooks.subscribe(SubscribeAsk(CLIENT, "a")) == SubscribeGrant(info=b"1")
        assert await hooks.publish(PublishAsk(CLIENT, "a", b"1")) == PublishGrant(b"2")
        assert await hooks.sub_refresh(SubRefreshAsk(CLIENT, "a")) == SubRefreshGrant(expired=True)
        assert await hooks.rpc(RpcAsk(CLIENT, "say", b"1")) == RpcAnswer(b"3")

        paths = ["/connect", "/refresh", "/subscribe", "/publish", "/sub_refresh", "/rpc"]
        assert [asked.path for asked in on.backend.asked] == paths
        assert on.backend.asked[5].json["method"] == "say"
        assert all("cookie" not in asked.headers for asked in on.backend.asked)
        assert all("meta" not in asked.json for asked in on.backend.asked)


async def test_chosen_headers_and_meta_go_along() -> None:
    settings = HookSettings(
        headers=("X-Forwarded-For", "x-bad"),
        emulated_headers=("X-Said", "x-none"),
        include_meta=True,
    )
    async with stage(answering({"result": {}}), settings=settings) as on:
        assert on.hooks.refresh
        client = replace(CLIENT, headers={**HEADERS, "x-said": "hello"})
        await on.hooks.refresh(RefreshAsk(client))

        asked = on.backend.asked[0]
        assert asked.headers["x-forwarded-for"] == "10.0.0.1"
        assert asked.headers["x-said"] == "hello"
        assert asked.json["meta"] == [7]
        assert not {"x-bad", "x-evil", "x-none", "cookie"} & asked.headers.keys()


@pytest.mark.parametrize("value", ["", "a\nb", "a\0", "\u20ac", "\x7f"])
def test_a_value_that_is_no_headers_stays_here(value: str) -> None:
    assert forwarded(replace(CLIENT, headers={"a": value}), ("a",)) == {}


async def test_a_publication_is_never_asked_about_twice_but_a_subscription_is() -> None:
    async with stage(hang_up, answering({"result": {}})) as on:
        assert on.hooks.publish and on.hooks.rpc and on.hooks.subscribe
        with pytest.raises(HookUnavailable):
            await on.hooks.publish(PublishAsk(CLIENT, "a", b"1"))
        on.backend.behave(hang_up, answering({"result": {}}))
        with pytest.raises(HookUnavailable):
            await on.hooks.rpc(RpcAsk(CLIENT, "say", b"1"))
        on.backend.behave(hang_up, answering({"result": {}}))
        assert await on.hooks.subscribe(SubscribeAsk(CLIENT, "a")) == SubscribeGrant()


async def test_a_backend_may_end_the_connection() -> None:
    async with stage(answering({"disconnect": {"code": 4501, "reason": "banned"}})) as on:
        assert on.hooks.connect
        with pytest.raises(Reject, match="banned"):
            await on.hooks.connect(ConnectAsk(CLIENT))


async def test_events_are_told_together() -> None:
    event = Event(EventKind.DISCONNECTED, "s1", 1, 1_700, client=CLIENT, code=3000)
    async with stage(answering(b"", "204 No Content"), answering({"error": {"code": 1}})) as on:
        await on.remote.tell([event, replace(event, number=2)])
        with pytest.raises(HookUnavailable):
            await on.remote.tell([event])

        assert on.backend.asked[0].path == "/events"
        assert [each["number"] for each in on.backend.asked[0].json["events"]] == [1, 2]


async def test_who_has_no_url_is_not_asked() -> None:
    remote = Remote(HookSettings(rpc="http://127.0.0.1:1/"), JumpingClock(), Statistics())

    assert remote.hooks.rpc is not None
    assert remote.hooks.connect is None
    remote.close()


async def test_what_nobody_acknowledged_is_told_until_it_is_taken() -> None:
    message = Publication(
        b'{"text":"hi"}', sender=ClientInfo("ann", "s"), tags={"id": "m1"}, time=5, offset=7
    )
    overdue = Overdue("bob", [message], 7, False, 0, 3, Position("e", 7))
    manners = (answering({"error": {"code": 1}}), answering({}, "500 No"), answering({}))
    async with stage(*manners) as here:
        tell = here.hooks.unacknowledged
        assert tell is not None
        for _ in range(2):
            with pytest.raises(HookUnavailable):
                await tell(overdue)
        await tell(overdue)

        assert {asked.path for asked in here.backend.asked} == {"/unacknowledged"}
        assert here.backend.asked[2].json == {
            "user": "bob",
            "channel": "#bob",
            "epoch": "e",
            "unread": 3,
            "messages": [
                {"id": "m1", "offset": 7, "time": 5, "data": {"text": "hi"}, "sender": "ann"}
            ],
        }
