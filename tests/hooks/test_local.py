"""Functions of an application, asked like an application behind URLs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hubbub.errors import BAD_REQUEST_ERROR, METHOD_NOT_FOUND, HookUnavailable, Refused
from hubbub.hooks.handlers import Handlers
from hubbub.hooks.local import Local
from hubbub.hooks.runner import Runner
from hubbub.hooks.settings import FunctionSettings
from hubbub.model import Kind
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

CLIENT = Client("s1", "zhang")


class Said(msgspec.Struct):
    text: str


@asynccontextmanager
async def local(handlers: Handlers) -> AsyncIterator[Local]:
    runner = Runner(FunctionSettings(), JumpingClock())
    try:
        yield Local(handlers.functions, handlers.methods, runner)
    finally:
        runner.close()


async def test_every_question_has_its_function() -> None:
    handlers = Handlers()

    @handlers.on_connect
    async def connect(request: ConnectAsk, data: dict[str, str]) -> str:
        return f"{request.token} {data['name']}"

    @handlers.on_refresh
    def refresh(session: Client) -> int:
        return len(session.user)

    @handlers.on_subscribe
    async def subscribe(session: Client, channel: str, data: object) -> SubscribeGrant:
        return SubscribeGrant(info=msgspec.json.encode([session.id, channel, data]))

    @handlers.on_publish
    async def publish(session: Client, channel: str, data: Said) -> Said:
        return Said(f"{session.user} in {channel}: {data.text}")

    @handlers.on_sub_refresh
    async def sub_refresh(session: Client, channel: str) -> bool:
        return channel == "room"

    @handlers.on("say")
    async def say(session: Client, data: Said) -> list[str]:
        return [session.user, data.text]

    async with local(handlers) as on:
        hooks = on.hooks
        assert hooks.connect and hooks.refresh and hooks.subscribe
        assert hooks.publish and hooks.sub_refresh and hooks.rpc
        asked = ConnectAsk(CLIENT, "jwt", b'{"name":"li"}')
        assert await hooks.connect(asked) == ConnectGrant("jwt li")
        assert await hooks.refresh(RefreshAsk(CLIENT)) == RefreshGrant(expire_at=5)
        granted = await hooks.subscribe(SubscribeAsk(CLIENT, "room", "", b"7"))
        assert granted == SubscribeGrant(info=b'["s1","room",7]')
        published = await hooks.publish(PublishAsk(CLIENT, "room", b'{"text":"hi"}'))
        assert published == PublishGrant(b'{"text":"zhang in room: hi"}')
        assert await hooks.sub_refresh(SubRefreshAsk(CLIENT, "room")) == SubRefreshGrant()
        answer = await hooks.rpc(RpcAsk(CLIENT, "say", b'{"text":"hi"}'))
        assert answer == RpcAnswer(b'["zhang","hi"]')


async def test_what_has_no_function_is_not_asked() -> None:
    async with local(Handlers()) as on:
        assert on.hooks == Hooks()


async def test_data_is_only_read_for_whoever_wants_it() -> None:
    handlers = Handlers()
    handlers.on_connect(lambda request: "zhang")
    handlers.on_subscribe(lambda session, channel: True)
    handlers.on_publish(lambda session: True)
    handlers.on("say")(lambda session: None)

    async with local(handlers) as on:
        hooks = on.hooks
        assert hooks.connect and hooks.subscribe and hooks.publish and hooks.rpc
        assert await hooks.connect(ConnectAsk(CLIENT, data=b"{")) == ConnectGrant("zhang")
        assert await hooks.subscribe(SubscribeAsk(CLIENT, "a", data=b"{")) == SubscribeGrant()
        assert await hooks.publish(PublishAsk(CLIENT, "a", b"{")) == PublishGrant()
        assert await hooks.rpc(RpcAsk(CLIENT, "say", b"{")) == RpcAnswer(b"null")


async def test_what_a_client_says_wrongly_is_its_own_mistake() -> None:
    handlers = Handlers()

    @handlers.on("say")
    async def say(session: Client, data: Said) -> None: ...

    async with local(handlers) as on:
        assert on.hooks.rpc
        with pytest.raises(Refused, match=r"Expected `str`, got `int` - at `\$.text`") as refused:
            await on.hooks.rpc(RpcAsk(CLIENT, "say", b'{"text":5}'))
        assert refused.value.error == BAD_REQUEST_ERROR
        with pytest.raises(Refused) as refused:
            await on.hooks.rpc(RpcAsk(CLIENT, "shout", b"null"))
        assert refused.value.error == METHOD_NOT_FOUND


async def test_a_text_is_published_as_a_text() -> None:
    handlers = Handlers()

    @handlers.on_publish
    async def publish(session: Client, channel: str, data: str) -> str:
        return data.upper()

    async with local(handlers) as on:
        assert on.hooks.publish
        granted = await on.hooks.publish(PublishAsk(CLIENT, "a", b"hi", Kind.TEXT))
        assert granted == PublishGrant(b"HI", Kind.TEXT)


async def test_what_is_no_message_says_so_to_who_wants_to_know() -> None:
    handlers, seen = Handlers(), list[object]()

    @handlers.on_publish
    async def publish(session: Client, channel: str, data: int, tags: object) -> None:
        seen.append((data, tags))

    async with local(handlers) as on:
        assert on.hooks.publish
        tags = {"kind": "edit", "about": "7"}
        await on.hooks.publish(PublishAsk(CLIENT, "a", b"1", tags=tags))
        await on.hooks.publish(PublishAsk(CLIENT, "a", b"2"))
        with pytest.raises(Refused):
            await on.hooks.publish(PublishAsk(CLIENT, "a", b'"3"'))
    assert seen == [(1, tags), (2, {})]


async def test_events_are_told_with_what_they_are_about() -> None:
    handlers, told = Handlers(), list[object]()
    handlers.on_disconnect(lambda session, event: told.append((session, event.code)))
    handlers.on_unsubscribe(lambda session, channel, event: told.append((session, channel)))
    handlers.on_occupied(told.append)

    @handlers.on_vacated
    async def vacated(channel: str, event: Event) -> None:
        if event.number == 9:
            raise ZeroDivisionError
        told.append((channel, event.number))

    async with local(handlers) as on:
        await on.tell(
            [
                Event(EventKind.UNSUBSCRIBED, "s1", 1, 0, "a", CLIENT),
                Event(EventKind.DISCONNECTED, "s1", 2, 0, client=CLIENT, code=3000),
                Event(EventKind.OCCUPIED, "a", 7, 0, "a"),
                Event(EventKind.VACATED, "a", 8, 0, "a"),
            ]
        )
        with pytest.raises(HookUnavailable):
            await on.tell([Event(EventKind.VACATED, "a", 9, 0, "a")])

    assert told == [(CLIENT, "a"), (CLIENT, 3000), "a", ("a", 8)]
