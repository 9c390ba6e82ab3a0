"""How a program that has an app publishes: what the values it has become on their way to the hub."""

from __future__ import annotations

import asyncio

from hubbub.brokers.contract import Stored
from hubbub.dialects.socketio.values import EVENT_LIMIT, RESERVED, tags
from hubbub.hooks.returns import payload
from hubbub.hub.chats.chat import Chat
from hubbub.hub.chats.mentions import mentioned
from hubbub.hub.hub import Hub
from hubbub.model import Kind
from hubbub.sessions.hooks import Client
from hubbub.transports.asgi.lifespan import reachable


class Publisher:
    """Publish through a hub that runs in an event loop."""

    hub: Hub
    chat: Chat
    loop: asyncio.AbstractEventLoop | None
    """Where it runs; None where it does not."""

    def publish(
        self,
        channel: str,
        data: object,
        kind: Kind = Kind.JSON,
        *,
        key: str = "",
        tags: dict[str, str] | None = None,
        exclude: Client | str = "",
    ) -> asyncio.Future[Stored]:
        """Publish to a channel; the future is done when the broker has it. See `Hub.publish`.

        Args:
            data: bytes of that `kind`, a `str` where it is a text, or else what becomes JSON.
            exclude: a session, or its id, that must not receive it.

        Raises Refused for a bad channel, TypeError for what is no JSON, and RuntimeError in a thread: use
        `publish_from_thread` there.
        """
        asyncio.get_running_loop()
        said, kind = payload(data, kind)
        session = exclude.session if isinstance(exclude, Client) else exclude
        namespace = self.hub.namespaces.resolve(channel)
        users = mentioned(namespace, channel, said, kind, None)
        stored = self.hub.publish(channel, said, kind, key=key, tags=tags, exclude=session)
        return self.chat.mentions.after(stored, users, channel, None)

    def emit(
        self,
        event: str,
        *arguments: object,
        channel: str,
        exclude: Client | str = "",
        key: str = "",
    ) -> asyncio.Future[Stored]:
        """Publish an event: Socket.IO clients get it with its arguments, others as the data of a publication.

        Several arguments are an array there; `event` is a tag. Else it is like `publish`.
        """
        if event in RESERVED or len(event) > EVENT_LIMIT:
            raise ValueError(f"no event may be called {event[:EVENT_LIMIT]!r}")
        one = len(arguments) == 1
        data = arguments[0] if one else list(arguments)
        kind = Kind.BINARY if one and isinstance(data, bytes) else Kind.JSON
        named = tags(event, many=not one)
        return self.publish(channel, data, kind, key=key, tags=named, exclude=exclude)

    def publish_from_thread(
        self,
        channel: str,
        data: object,
        kind: Kind = Kind.JSON,
        *,
        key: str = "",
        timeout_s: float = 10.0,
    ) -> Stored:
        """Publish where nothing can be awaited, such as in a view that runs in a thread of its own.

        Raises as `publish` does, BrokerUnavailable, TimeoutError (it may be stored nevertheless), and
        LifecycleError where the app does not run, or in the thread of an event loop.
        """
        loop = reachable(self.loop)

        async def publish() -> Stored:
            return await self.publish(channel, data, kind, key=key)

        return asyncio.run_coroutine_threadsafe(publish(), loop).result(timeout_s)
