from __future__ import annotations

import pytest

from hubbub.errors import METHOD_NOT_FOUND, HookUnavailable, Refused, Reject
from hubbub.http.settings import ApiKey, HttpSettings
from hubbub.model import Kind
from hubbub.sessions.hooks import RpcAnswer, RpcAsk
from tests.http.site_stage import site


async def test_the_application_answers_a_program() -> None:
    asked: list[RpcAsk] = []

    async def rpc(ask: RpcAsk) -> RpcAnswer:
        asked.append(ask)
        kinds = {"bytes": RpcAnswer(b"\x00\x01", Kind.BINARY), "text": RpcAnswer(b"hi", Kind.TEXT)}
        return kinds.get(ask.method, RpcAnswer(ask.data or b"null"))

    async with site(HttpSettings(keys=(ApiKey("billing", "a-long-key"),), open=False)) as place:
        place.client.headers["X-API-Key"] = "a-long-key"
        place.floor.hooks.rpc = rpc
        params = {"a": [1, "房间"]}
        said = await place.call("rpc", {"method": "echo", "params": params})
        assert said == {"result": {"data": params}}
        assert await place.call("rpc", {"method": "echo"}) == {"result": {"data": None}}
        assert await place.call("rpc", {"method": "bytes"}) == {"result": {"data": "AAE="}}
        assert await place.call("rpc", {"method": "text"}) == {"result": {"data": "hi"}}
    client = asked[0].client
    assert (client.session, client.user, client.dialect) == ("", "", "http-api")
    assert client.meta == b'{"program":"billing"}'


async def test_an_application_without_methods_has_none() -> None:
    async with site() as place:
        error = (await place.call("rpc", {"method": "now"}))["error"]
        assert (error["code"], error["message"]) == (
            104,
            "method not found: the application answers no methods",
        )


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Refused(METHOD_NOT_FOUND, "no such thing"), 104, "no such thing"),
        (HookUnavailable("it is slow"), 100, "it is slow"),
        (Reject(4500, "go away"), 103, "go away"),
        (RuntimeError("hunter2"), 100, "internal server error"),
    ],
)
async def test_what_the_application_raises_is_told(fault: Exception, code: int, words: str) -> None:
    async def rpc(ask: RpcAsk) -> RpcAnswer:
        raise fault

    async with site() as place:
        place.floor.hooks.rpc = rpc
        error = (await place.call("rpc", {"method": "now"}))["error"]
        assert error["code"] == code
        assert words in error["message"]
        assert "hunter2" not in error["message"]


@pytest.mark.parametrize("request_", [{}, {"method": ""}, {"method": 7}, {"method": "x" * 256}])
async def test_a_call_needs_a_method(request_: dict[str, object]) -> None:
    async with site() as place:
        assert (await place.call("rpc", request_))["error"]["code"] == 107
