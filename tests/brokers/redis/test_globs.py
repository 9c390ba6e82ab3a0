"""Patterns against Redis itself, which matches and sends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.globs import Standing, glob_of
from hubbub.brokers.redis.link import ask, connect, pack
from tests.brokers.redis.healer import until
from tests.servers import RedisServer

ODD = ["a", "a*", "a?b", "[a-c]", "x\\\\y", "^", "]", "news:房间", "{0}", "a b"]


async def test_a_prefix_is_taken_literally_whatever_is_in_it(server: RedisServer) -> None:
    """Each name is brought by exactly the patterns of its own prefixes."""
    link, publisher = [await connect(parse_address(server.url)) for _ in range(2)]
    heard: list[tuple[bytes, bytes]] = []
    standing: list[bytes] = []

    def take(reply: object) -> None:
        if isinstance(reply, list) and reply[0] == b"psubscribe":
            standing.append(reply[1])
        if isinstance(reply, list) and reply[0] == b"pmessage":
            heard.append((reply[1], reply[2]))

    link.on_reply = take
    globs = {glob_of(prefix.encode()): prefix for prefix in ODD}
    link.write(pack(("PSUBSCRIBE", *globs)))
    names = [prefix + more for prefix in ODD for more in ("", "b", ":x")] + ["aab", "b", "xy"]
    await until(lambda: len(standing) == len(globs))
    await ask(publisher, [("PUBLISH", name, "x") for name in names])
    expected = [
        (glob, name.encode())
        for name in names
        for glob, prefix in globs.items()
        if name.startswith(prefix)
    ]
    await until(lambda: len(heard) >= len(expected))
    link.abort("done")
    publisher.abort("done")

    assert sorted(heard) == sorted(expected)


PREFIXES = st.text("ab*\\\\?", max_size=4).map(str.encode)


@given(st.lists(st.tuples(PREFIXES, st.booleans()), max_size=12), PREFIXES)
def test_of_those_that_stand_and_match_exactly_one_leads(
    steps: list[tuple[bytes, bool]], name: bytes
) -> None:
    standing, prefixes = Standing(), set[bytes]()
    for prefix, stands in steps:
        standing.note(glob_of(prefix), stands)
        if stands:
            prefixes.add(prefix)
        else:
            prefixes.discard(prefix)
        matching = [each for each in prefixes if name.startswith(each)]
        leaders = [each for each in matching if standing.leads(glob_of(each))]
        assert len(leaders) == min(len(matching), 1)
    standing.clear()
    assert not any(standing.leads(glob_of(each)) for each in prefixes)
