from __future__ import annotations

import msgspec
import pytest

from hubbub.errors import HookUnavailable, Refused
from hubbub.hooks.functions import Function
from hubbub.hooks.handlers import Handlers
from hubbub.hooks.ordered import Asked, Ordered
from hubbub.hooks.runner import Runner
from hubbub.hooks.settings import FunctionSettings
from tests.fakes.clock import JumpingClock


def asked(name: str, data: bytes = b"null") -> bytes:
    return msgspec.msgpack.encode(Asked(name, data))


def ordered(functions: dict[str, Function]) -> Ordered:
    return Ordered(functions, Runner(FunctionSettings(), JumpingClock()))


async def test_a_function_answers_json() -> None:
    handlers = Handlers()

    @handlers.order("double")
    async def double(data: int) -> int:
        return 2 * data

    @handlers.order("nothing")
    def nothing() -> None: ...

    @handlers.order("bytes")
    async def some() -> bytes:
        return b"a"

    place = ordered(handlers.orders)
    assert await place.carry_out(asked("double", b"21")) == b"42"
    assert await place.carry_out(asked("nothing")) == b"null"
    assert await place.carry_out(asked("bytes")) == b'"YQ=="'
    with pytest.raises(Refused, match="Expected `int`"):
        await place.carry_out(asked("double", b'"x"'))
    with pytest.raises(Refused, match="no function carries out 'dance'"):
        await place.carry_out(asked("dance"))


async def test_a_function_that_fails_tells_no_more_than_that() -> None:
    handlers = Handlers()

    @handlers.order("break")
    async def fail() -> None:
        raise KeyError("secret")

    with pytest.raises(HookUnavailable, match="failed") as caught:
        await ordered(handlers.orders).carry_out(asked("break"))
    assert "secret" not in str(caught.value)


def test_an_order_is_registered_once() -> None:
    handlers = Handlers()
    handlers.order("a")(lambda: None)
    with pytest.raises(ValueError, match=r"order\('a'\) has a function already"):
        handlers.order("a")(lambda: None)
    handlers.started = True
    with pytest.raises(RuntimeError, match="too late"):
        handlers.order("b")(lambda: None)
