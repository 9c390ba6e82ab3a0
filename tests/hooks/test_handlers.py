from __future__ import annotations

import pytest

from hubbub.hooks.handlers import Handlers

DECORATORS = (
    *("on_connect", "on_refresh", "on_subscribe", "on_publish", "on_sub_refresh"),
    *("on_disconnect", "on_unsubscribe", "on_occupied", "on_vacated"),
)


@pytest.mark.parametrize("name", DECORATORS)
def test_a_function_is_registered_once_and_stays_as_it_is(name: str) -> None:
    handlers = Handlers()

    async def function(first: object) -> None: ...

    assert getattr(handlers, name)(function) is function
    assert handlers.functions[name].call is function
    with pytest.raises(ValueError, match=f"{name} has a function already"):
        getattr(handlers, name)(function)


@pytest.mark.parametrize("name", DECORATORS)
def test_a_function_of_too_much_is_a_mistake(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        getattr(Handlers(), name)(lambda a, b, c, d, e: None)


def test_methods_have_names() -> None:
    handlers = Handlers()

    @handlers.on("say")
    async def say(session: object, data: object) -> None: ...

    @handlers.on("ask")
    def ask(session: object) -> None: ...

    assert list(handlers.methods) == ["say", "ask"]
    with pytest.raises(ValueError, match=r"on\('say'\) has a function already"):
        handlers.on("say")(ask)


def test_nothing_is_registered_once_the_server_runs() -> None:
    handlers = Handlers()
    handlers.started = True

    with pytest.raises(RuntimeError, match="on_connect comes too late"):
        handlers.on_connect(lambda: None)
    with pytest.raises(RuntimeError, match="too late"):
        handlers.on("say")(lambda: None)
