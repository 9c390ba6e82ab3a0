"""Registering functions of the application: what `@app.on_connect` and its like do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hubbub.hooks.functions import DATA, Function, prepare

F = TypeVar("F", bound=Callable[..., object])

_SESSION = ("session", "channel")


class Handlers:
    """Take the functions of an application, each as a decorator; all before the server starts.

    A function is `async`, or runs in a thread. It names as many of its parameters as it needs. `session` is a
    `Client`; `data` is what the client said, decoded, and of the parameter's type where it has one.
    """

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        """What was registered, by the name of its decorator."""
        self.methods: dict[str, Function] = {}
        """What clients may call, by the name of the method."""
        self.orders: dict[str, Function] = {}
        """What any node may have run on another, by the name of the order."""
        self.started = False
        """Whether it is too late to register anything."""

    # ── questions ───────────────────────────────────────────────────────────────────────────────

    def on_connect(self, function: F) -> F:
        """Ask `function(request, data)` who a client is; `request` is a ConnectAsk.

        It returns the user's name, a ConnectGrant, or None: then the client is somebody without a name, where
        the server takes those. Reject and Refused turn it away.
        """
        return self._add("on_connect", function, ("request", DATA))

    def on_refresh(self, function: F) -> F:
        """Ask `function(session)` whether a session whose time is over may stay.

        It returns the time in seconds since 1970 until when, True for ever, or a RefreshGrant; False or None
        ends the session.
        """
        return self._add("on_refresh", function, ("session",))

    def on_subscribe(self, function: F) -> F:
        """Ask `function(session, channel, data)` where a namespace has `subscribe_hook`.

        It returns None or True, a SubscribeGrant, or False, which refuses (103).
        """
        return self._add("on_subscribe", function, (*_SESSION, DATA))

    def on_publish(self, function: F) -> F:
        """Ask `function(session, channel, data, tags)` where a namespace has `publish_hook`.

        It returns None or True to publish what was said, other data or a PublishGrant to publish that, or
        False, which refuses (103). `tags` is empty for a message, and says of an edit, a deletion (whose data
        is None) or a reaction that it is one (`kind`), and of which message (`about`).
        """
        return self._add("on_publish", function, (*_SESSION, DATA, "tags"))

    def on_sub_refresh(self, function: F) -> F:
        """Ask `function(session, channel)` whether a subscription whose time is over may last.

        It returns what a function of `on_refresh` does, with a SubRefreshGrant.
        """
        return self._add("on_sub_refresh", function, _SESSION)

    def on(self, event: str) -> Callable[[F], F]:
        """Call `function(session, data)` when a client calls `event`, and answer what it returns."""

        def register(function: F) -> F:
            self._check_open(f"on({event!r})", event in self.methods)
            self.methods[event] = prepare(function, f"on({event!r})", ("session", DATA))
            return function

        return register

    def order(self, name: str) -> Callable[[F], F]:
        """Run `function(data)` where another node asks for `name`, and answer what it returns."""

        def register(function: F) -> F:
            self._check_open(f"order({name!r})", name in self.orders)
            self.orders[name] = prepare(function, f"order({name!r})", (DATA,))
            return function

        return register

    def on_unacknowledged(self, function: F) -> F:
        """Tell `function(user, overdue)` of messages that no device of a user has acknowledged in time.

        `overdue.messages` are publications of the user's inbox, `overdue.unread` is how many are unread. One
        node of the cluster tells it, and again until the function returns without an error.
        """
        return self._add("on_unacknowledged", function, ("user", "overdue"))

    # ── events ──────────────────────────────────────────────────────────────────────────────────

    def on_disconnect(self, function: F) -> F:
        """Tell `function(session, event)` when a session has ended, until it takes that without an error."""
        return self._add("on_disconnect", function, ("session", "event"))

    def on_unsubscribe(self, function: F) -> F:
        """Tell `function(session, channel, event)` when a session follows a channel no more."""
        return self._add("on_unsubscribe", function, (*_SESSION, "event"))

    def on_occupied(self, function: F) -> F:
        """Tell `function(channel, event)` when a channel has its first subscriber, on all nodes together."""
        return self._add("on_occupied", function, ("channel", "event"))

    def on_vacated(self, function: F) -> F:
        """Tell `function(channel, event)` when a channel has no subscriber any more, on any node."""
        return self._add("on_vacated", function, ("channel", "event"))

    def _add(self, name: str, function: F, parameters: Sequence[str]) -> F:
        self._check_open(name, name in self.functions)
        self.functions[name] = prepare(function, name, parameters)
        return function

    def _check_open(self, name: str, taken: bool) -> None:
        if taken:
            raise ValueError(f"{name} has a function already")
        if self.started:
            raise RuntimeError(f"{name} comes too late: the server has started")
