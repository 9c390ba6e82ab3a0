"""An application in this process: the questions and the events that its functions get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubbub.errors import METHOD_NOT_FOUND, Refused
from hubbub.hooks import returns
from hubbub.hooks.functions import Function
from hubbub.hooks.runner import Runner
from hubbub.hub.inbox.values import Overdue
from hubbub.sessions.hooks import (
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

LISTENERS = {
    EventKind.DISCONNECTED: "on_disconnect",
    EventKind.UNSUBSCRIBED: "on_unsubscribe",
    EventKind.OCCUPIED: "on_occupied",
    EventKind.VACATED: "on_vacated",
}
"""What the functions that are told of events are registered as."""


class Local:
    """Ask and tell the functions of an application.

    Args:
        functions: by what they were registered as. methods: those that clients call, by name.
        runner: calls them.
    """

    def __init__(
        self, functions: Mapping[str, Function], methods: Mapping[str, Function], runner: Runner
    ) -> None:
        self._functions = functions
        self._methods = methods
        self._runner = runner

    @property
    def hooks(self) -> Hooks:
        """Return the questions that have a function."""
        there = self._functions
        return Hooks(
            self._connect if "on_connect" in there else None,
            self._refresh if "on_refresh" in there else None,
            self._subscribe if "on_subscribe" in there else None,
            self._publish if "on_publish" in there else None,
            self._sub_refresh if "on_sub_refresh" in there else None,
            self._rpc if self._methods else None,
            self._unacknowledged if "on_unacknowledged" in there else None,
        )

    async def _connect(self, ask: ConnectAsk) -> ConnectGrant | None:
        function = self._functions["on_connect"]
        data = function.read(ask.data) if function.takes > 1 else None
        return await self._runner.run(function, returns.connect_grant, ask, data)

    async def _refresh(self, ask: RefreshAsk) -> RefreshGrant:
        function = self._functions["on_refresh"]
        return await self._runner.run(function, returns.refresh_grant, ask.client)

    async def _subscribe(self, ask: SubscribeAsk) -> SubscribeGrant:
        function = self._functions["on_subscribe"]
        data = function.read(ask.data) if function.takes > 2 else None
        return await self._runner.run(
            function, returns.subscribe_grant, ask.client, ask.channel, data
        )

    async def _publish(self, ask: PublishAsk) -> PublishGrant:
        function = self._functions["on_publish"]
        data = function.read(ask.data, ask.kind) if function.takes > 2 else None

        def judge(returned: object) -> PublishGrant:
            return returns.publish_grant(returned, ask.kind)

        arguments = (ask.client, ask.channel, data, dict(ask.tags))
        return await self._runner.run(function, judge, *arguments)

    async def _sub_refresh(self, ask: SubRefreshAsk) -> SubRefreshGrant:
        function = self._functions["on_sub_refresh"]
        return await self._runner.run(function, returns.sub_refresh_grant, ask.client, ask.channel)

    async def _rpc(self, ask: RpcAsk) -> RpcAnswer:
        function = self._methods.get(ask.method)
        if function is None:
            raise Refused(METHOD_NOT_FOUND)
        data = function.read(ask.data, ask.kind) if function.takes > 1 else None
        return await self._runner.run(function, returns.rpc_answer, ask.client, data)

    async def _unacknowledged(self, overdue: Overdue) -> None:
        function = self._functions["on_unacknowledged"]
        await self._runner.run(function, bool, overdue.user, overdue)

    async def tell(self, events: Sequence[Event]) -> None:
        """Tell functions of events, one by one. Raises a HubbubError for one that was not taken."""
        for event in events:
            function = self._functions[LISTENERS[event.kind]]
            arguments: tuple[object, ...] = (event.channel, event)
            if event.kind is EventKind.DISCONNECTED:
                arguments = (event.client, event)
            elif event.kind is EventKind.UNSUBSCRIBED:
                arguments = (event.client, event.channel, event)
            await self._runner.run(function, bool, *arguments)
