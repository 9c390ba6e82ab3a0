"""The scripts as Redis takes them."""

from __future__ import annotations

import pytest

from hubbub.brokers.redis import lua
from tests.servers import RedisServer


@pytest.mark.parametrize("script", lua.ALL, ids=lambda script: script.name)
def test_redis_compiles_a_script_and_knows_it_by_our_digest(
    server: RedisServer, script: lua.Script
) -> None:
    assert server.cli("SCRIPT", "LOAD", script.source.decode()) == script.digest.decode()


def test_no_two_scripts_are_the_same() -> None:
    assert len({script.digest for script in lua.ALL}) == len({script.name for script in lua.ALL})
