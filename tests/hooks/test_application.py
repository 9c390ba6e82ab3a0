from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from hubbub.brokers.contract import Occupancy
from hubbub.errors import METHOD_NOT_FOUND, HookUnavailable, Refused
from hubbub.hooks.application import Application
from hubbub.hooks.handlers import Handlers
from hubbub.hooks.settings import EventSettings, HookSettings
from hubbub.hub.contract import Statistics
from hubbub.model import ClientInfo
from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    ConnectGrant,
    Event,
    EventKind,
    Hooks,
    RpcAnswer,
    RpcAsk,
    SubscribeAsk,
    SubscribeGrant,
    unheard,
)
from tests.fakes.clock import JumpingClock
from tests.hooks.backend import answering, running

CLIENT = Client("s1", "zhang")
GONE = Event(EventKind.DISCONNECTED, "s1", 2, 1_700, client=CLIENT)
EMPTY = Event(EventKind.VACATED, "a", 3, 1_700, "a")


@asynccontextmanager
async def started(
    handlers: Handlers,
    settings: HookSettings = HookSettings(),  # noqa: B008 - it is frozen
) -> AsyncIterator[Application]:
    settings = replace(settings, timeout_s=10.0)
    application = Application(settings, handlers, JumpingClock(), Statistics())
    application.start()
    try:
        yield application
    finally:
        await application.flush()
        await application.close()


async def test_nobody_is_asked_or_told_where_there_is_no_application() -> None:
    async with started(Handlers()) as application:
        application.tell(GONE)
        application.tick()

        assert application.hooks == Hooks()


async def test_a_function_comes_before_a_url_and_that_is_said() -> None:
    handlers = Handlers()
    handlers.on_connect(lambda request: "by function")
    handlers.on("say")(lambda session: "said")
    with capture_logs() as logs:
        async with running(answering({"result": {"data": "by URL"}})) as backend:
            url = backend.url
            settings = HookSettings(connect=url, subscribe=url, rpc=url)
            async with started(handlers, settings) as application:
                hooks = application.hooks
                assert hooks.connect and hooks.subscribe and hooks.rpc
                assert hooks.refresh is None
                assert await hooks.connect(ConnectAsk(CLIENT)) == ConnectGrant("by function")
                granted = await hooks.subscribe(SubscribeAsk(CLIENT, "a"))
                assert granted == SubscribeGrant(data=b'"by URL"')
                assert await hooks.rpc(RpcAsk(CLIENT, "say", b"")) == RpcAnswer(b'"said"')
                assert await hooks.rpc(RpcAsk(CLIENT, "other", b"")) == RpcAnswer(b'"by URL"')

    assert [line["hook"] for line in logs] == ["connect"]


async def test_without_a_url_other_methods_do_not_exist() -> None:
    handlers = Handlers()
    handlers.on("say")(lambda session: "said")
    async with started(handlers) as application:
        assert application.hooks.rpc
        with pytest.raises(Refused) as refused:
            await application.hooks.rpc(RpcAsk(CLIENT, "other", b""))
    assert refused.value.error == METHOD_NOT_FOUND


async def test_events_go_to_functions_or_to_the_url() -> None:
    handlers, told = Handlers(), list[object]()
    handlers.on_disconnect(told.append)
    with capture_logs() as logs:
        async with running(answering(b"")) as backend:
            kinds = (EventKind.DISCONNECTED, EventKind.VACATED)
            events = EventSettings(url=f"{backend.url}/events", kinds=kinds)
            async with started(handlers, HookSettings(events=events)) as application:
                application.hooks.events(GONE)
                application.tell(EMPTY)
                application.tell(replace(EMPTY, kind=EventKind.OCCUPIED, number=2))

            assert [each.json["events"][0]["type"] for each in backend.asked] == ["vacated"]

    assert told == [CLIENT]
    assert [line["event"] for line in logs] == ["a function is told, and the URL is not"]


async def test_sessions_tell_nothing_that_nobody_wants_to_know() -> None:
    handlers = Handlers()
    handlers.on_occupied(lambda channel: None)
    async with started(handlers) as application:
        assert application.hooks.events is unheard


async def test_occupancy_is_told_with_the_brokers_number() -> None:
    handlers, told = Handlers(), list[Event]()
    handlers.on_occupied(lambda channel, event: told.append(event))
    handlers.on_vacated(lambda channel, event: told.append(event))
    async with started(handlers) as application:
        application.tell_occupancy(Occupancy("a", occupied=True, number=7))
        application.tell_occupancy(Occupancy("a", occupied=False, number=9))

    now = JumpingClock().epoch_ms()
    assert told == [
        Event(EventKind.OCCUPIED, "a", 7, now, "a"),
        Event(EventKind.VACATED, "a", 9, now, "a"),
    ]


async def test_a_ghost_leaves_as_others_do() -> None:
    handlers, told = Handlers(), list[tuple[Client, str, Event]]()
    handlers.on_unsubscribe(lambda session, channel, event: told.append((session, channel, event)))
    member = ClientInfo("zhang", "s1", b'{"age":1}', b'{"name":"zhang"}')
    async with started(handlers) as application:
        application.tell_ghost("a", member)
        application.tell_ghost("b", member)

    now = JumpingClock().epoch_ms()
    known = replace(CLIENT, info=member.conn_info)
    assert [(client, channel) for client, channel, _ in told] == [(known, "a"), (known, "b")]
    events = [event for _, _, event in told]
    assert [(event.code, event.reason, event.info) for event in events] == [
        (2, "node died", b'{"name":"zhang"}')
    ] * 2
    # Numbers of a session grow: those above were counted by its own node, from 1.
    assert [event.number for event in events] == [now, now + 1]


async def test_what_was_not_taken_is_told_again_with_the_time() -> None:
    handlers, told = Handlers(), list[int]()

    @handlers.on_vacated
    async def vacated(channel: str, event: Event) -> None:
        told.append(event.number)
        if len(told) == 1:
            raise HookUnavailable("not yet")

    async with started(handlers) as application:
        application.tell(EMPTY)
    assert told == [3, 3]


async def test_whoever_comes_too_late_is_told_so() -> None:
    handlers = Handlers()
    async with started(handlers):
        with pytest.raises(RuntimeError, match="too late"):
            handlers.on_connect(lambda: None)
    handlers.on_connect(lambda: None)
