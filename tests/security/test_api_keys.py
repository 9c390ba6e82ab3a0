"""Programs without a key, or with one that is not good for it, change nothing on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.http.api.methods import METHODS
from hubbub.http.settings import scope_of
from tests.clients.api import ask, call
from tests.clients.talk import talking
from tests.docs.served import Served

ALL, READER, SHOP = "a-key-for-everything", "a-key-for-looking", "a-key-for-orders"

SETTINGS = f"""
open = true

[[api_keys]]
name = "all"
key = "{ALL}"

[[api_keys]]
name = "reader"
key = "{READER}"
scopes = ["read"]

[[api_keys]]
name = "shop"
key = "{SHOP}"
channels = ["orders:*"]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
        yield served.port
        assert not [key for key in (ALL, READER, SHOP) if key in served.log()]


def refusals(port: int, key: str, **also: object) -> dict[str, int]:
    """Call every method about somebody who is there; return the codes of those that were refused."""
    codes = {}
    for name, method in METHODS.items():
        body = {**method.example, "user": "zhang", "channel": "lobby", **also}
        answer = ask(port, name, key, **body)
        codes[name] = answer.get("error", {}).get("code", 0)
    return {name: code for name, code in codes.items() if code}


async def test_what_a_key_is_not_good_for_is_refused_and_not_done(port: int) -> None:
    async with talking(port) as talk:
        await talk.result("connect", data={"user": "zhang"})
        await talk.result("subscribe", channel="lobby")
        for key in ("", "a-key-of-nobody", ALL[:-1], ALL + "x", READER.upper()):
            assert refusals(port, key) == dict.fromkeys(METHODS, 101)
        barred = {name for name, code in refusals(port, READER).items() if code == 103}
        assert barred == {name for name in METHODS if scope_of(name) != "read"}
        assert call(port, "presence_stats", ALL, channel="lobby")["num_clients"] == 1
        assert call(port, "history", ALL, channel="lobby", limit=9)["publications"] == []
        assert talk.pushes == []
        call(port, "publish", ALL, channel="lobby", data={"n": 1})
        assert (await talk.push("pub"))["pub"]["data"] == {"n": 1}


def test_a_key_for_some_channels_reaches_no_others(port: int) -> None:
    assert ask(port, "publish", SHOP, channel="lobby", data={})["error"]["code"] == 103
    assert ask(port, "publish", SHOP, channel="orders", data={})["error"]["code"] == 103
    both = {"channels": ["orders:1", "lobby"], "data": {}}
    ours, theirs = call(port, "broadcast", SHOP, **both)["responses"]
    assert ("result" in ours, theirs["error"]["code"]) == (True, 103)
    batch = {"commands": [{"publish": {"channel": "lobby", "data": {}}}]}
    assert "error" in ask(port, "batch", SHOP, **batch)["replies"][0]
    call(port, "publish", SHOP, channel="orders:1", data={})
    assert call(port, "history", ALL, channel="lobby", limit=9)["offset"] <= 1
