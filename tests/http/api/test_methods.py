from __future__ import annotations

import inspect
from collections.abc import Mapping

import msgspec
import pytest

from hubbub.http.api.methods import METHODS, Method
from hubbub.hub.permissions.namespaces import Namespace
from tests.http.site_stage import echo, site

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True, people=True)


@pytest.mark.parametrize("name", METHODS)
async def test_the_example_of_a_method_works_on_a_new_server(name: str) -> None:
    async with site(namespace=CHAT) as place:
        place.floor.hooks.rpc = echo
        await place.place.say("news", "{}")
        result = (await place.call(name, METHODS[name].example))["result"]
        msgspec.json.decode(msgspec.json.encode(result), type=METHODS[name].result)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_says_what_it_does(method: Method) -> None:
    assert method.summary.endswith(".")
    assert method.summary == (inspect.getdoc(method.run) or "").splitlines()[0]


def test_a_request_is_read_as_browsers_write_json() -> None:
    read = METHODS["presence"].read(b'{"channel":"cut \\ud83d"}')
    assert isinstance(msgspec.to_builtins(read), Mapping)
    assert msgspec.to_builtins(read)["channel"] == "cut \ufffd"


def test_null_is_as_good_as_nothing_but_in_payloads() -> None:
    body = (
        b'{"channel":"c","data":{"a":null},"tags":null,"idempotency_key":null,"version":null,'
        b'"skip_history":null,"b64data":null}'
    )
    read = METHODS["publish"].read
    assert read(body) == read(b'{"channel":"c","data":{"a":null}}')
    with pytest.raises(msgspec.DecodeError, match="channel"):
        read(b'{"channel":null,"data":1}')
