from __future__ import annotations

import pytest

from hubbub.dialects.contract import Request
from hubbub.dialects.text import TextDialect
from hubbub.errors import BAD_REQUEST, Elsewhere, ProtocolViolation
from hubbub.sessions.contract import Accepted, Refusal
from hubbub.sessions.doors import Door, Doors, fill
from hubbub.sessions.session import Session
from tests.sessions.stage import PLAIN, Floor, floor


def text(request: Request) -> TextDialect:
    return TextDialect(PLAIN, fill("{channel}", request), "")


DOOR = Door("/ws/{channel}", {"": text, "v1.chat": text})


def doors(place: Floor) -> Doors:
    return Doors([DOOR], place.services, lambda origin, host: origin == f"http://{host}")


@pytest.mark.parametrize(
    ("path", "variables"),
    [
        ("/ws/room", {"channel": "room"}),
        ("/ws/chat:room", {"channel": "chat:room"}),
        ("/ws/a%20b", {"channel": "a b"}),
        ("/ws/%E4%B8%AD", {"channel": "中"}),
        ("/ws/a%2Fb", {"channel": "a/b"}),
        ("/ws/", None),
        ("/ws/a/b", None),
        ("/other", None),
        ("/ws/room\n", None),
    ],
)
def test_paths(path: str, variables: dict[str, str] | None) -> None:
    found = DOOR.variables(path)
    assert found == variables or (path.endswith("\n") and found == {"channel": "room\n"})


def test_literal_characters_of_a_pattern_are_literal() -> None:
    assert Door("/a.b/{x}", {"": text}).variables("/aXb/1") is None


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("stream:chat", "stream:chat"),
        ("chat:{query.channel}", "chat:zhang"),
        ("{user}@{query.channel}", "u1@zhang"),
    ],
)
def test_templates(template: str, filled: str) -> None:
    request = Request(variables={"user": "u1"}, query={"channel": '"zhang"'})
    assert fill(template, request) == filled


def test_a_missing_value_is_a_refusal_with_its_name() -> None:
    with pytest.raises(ProtocolViolation, match="'channel'"):
        fill("{query.channel}", Request())


async def test_admission() -> None:
    async with floor() as place:
        keeper = doors(place)
        assert isinstance(keeper.admit(Request("/ws/room"), []), Accepted)
        assert keeper.admit(Request("/elsewhere"), []) is None
        own = {"origin": "http://here:1", "host": "here:1"}
        assert isinstance(keeper.admit(Request("/ws/room", headers=own), []), Accepted)
        other = {"origin": "http://evil", "host": "here:1"}
        refusal = keeper.admit(Request("/ws/room", headers=other), [])
        assert isinstance(refusal, Refusal)
        assert refusal.status == 403


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [([], None), (["x"], None), (["x", "v1.chat"], "v1.chat"), (["v1.chat", "y"], "v1.chat")],
)
async def test_subprotocols(offered: list[str], chosen: str | None) -> None:
    async with floor() as place:
        admitted = doors(place).admit(Request("/ws/room"), offered)
        assert isinstance(admitted, Accepted)
        assert admitted.subprotocol == chosen


async def test_a_draining_server_lets_nobody_in() -> None:
    async with floor() as place:
        keeper = doors(place)
        keeper.closing = True
        refusal = keeper.admit(Request("/ws/room"), [])
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.headers) == (503, (("Retry-After", "1"),))


async def test_an_address_that_lacks_something_is_a_bad_request() -> None:
    async with floor() as place:
        needy = Door("/q", {"": lambda request: TextDialect(PLAIN, fill("{query.c}", request), "")})
        keeper = Doors([needy], place.services, lambda origin, host: True)
        refusal = keeper.admit(Request("/q"), [])
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.reason) == (400, "the address lacks 'c'")


async def test_what_is_said_in_the_address_is_not_kept() -> None:
    async with floor() as place:
        request = Request("/ws/room", query={"cf_connect": "a token", "user": "ann"})
        admitted = doors(place).admit(request, [])
        assert isinstance(admitted, Accepted)
        assert isinstance(admitted.conversation, Session)
        assert admitted.conversation.request is not None
        assert admitted.conversation.request.query == {"user": "ann"}


async def test_each_carrier_has_its_doors() -> None:
    async with floor() as place:
        streams = [Door("/s/{channel}", {"": text}, "sse"), Door("/l", {"": text}, "http_stream")]
        keeper = Doors([DOOR, *streams], place.services, lambda origin, host: False)
        paths = ("/ws/a", "/s/a", "/s/a/b", "/l")
        assert [keeper.stream(path) for path in paths] == [None, "sse", None, "http_stream"]
        assert isinstance(keeper.admit(Request("/s/a"), [], "sse"), Accepted)
        assert keeper.admit(Request("/s/a"), []) is None
        assert keeper.admit(Request("/s/a"), [], "http_stream") is None
        assert keeper.admit(Request("/ws/a"), [], "sse") is None


async def test_a_page_is_greeted_or_turned_away() -> None:
    async with floor() as place:
        keeper = doors(place)
        friend = {"origin": "http://here:1", "host": "here:1"}
        assert ("Access-Control-Allow-Origin", "http://here:1") in keeper.greet(friend)  # type: ignore[operator]
        assert keeper.greet({"host": "here:1"}) == ()
        for foreign in ({"origin": "http://evil"}, {"sec-fetch-site": "cross-site"}):
            refusal = keeper.greet({"host": "here:1", **foreign})
            assert isinstance(refusal, Refusal)
            assert (refusal.status, "allowed_origins" in refusal.reason) == (403, True)


async def test_who_is_for_another_node_is_told_where() -> None:
    def elsewhere(request: Request) -> None:
        raise Elsewhere("n2", BAD_REQUEST, "not here")

    async with floor() as place:
        door = Door("/ws", {"": text}, resume=elsewhere)
        keeper = Doors([door], place.services, lambda origin, host: True)
        assert keeper.admit(Request(path="/ws"), ()) == Refusal(400, "not here", node="n2")
