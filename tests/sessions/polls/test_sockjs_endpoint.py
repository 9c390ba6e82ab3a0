from __future__ import annotations

import pytest

from hubbub.dialects.contract import Dialect, Request
from hubbub.dialects.text import TextDialect
from hubbub.framings.sockjs.conversation import SockJsRequests, SockJsSocket
from hubbub.sessions.contract import Accepted, Carrier, Refusal
from hubbub.sessions.doors import Doors
from hubbub.sessions.polls import sockjs
from hubbub.sessions.polls.receiving import StreamReceiver
from hubbub.sessions.polls.sockjs_endpoint import CARRIERS, SockJsEndpoint
from tests.sessions.sockjs_stage import Node, nodes
from tests.sessions.stage import PLAIN

PLACE = SockJsEndpoint("/chat/{room}", stream_limit=100)


def plain(request: Request) -> Dialect:
    return TextDialect(PLAIN, request.variables["room"], "ann")


def doors_of(node: Node, place: SockJsEndpoint = PLACE) -> Doors:
    made = place.doors({"": plain}, node.sessions)
    return Doors(made, node.floor.services, lambda origin, host: True)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_each_transport_has_a_door(carrier: Carrier) -> None:
    async with nodes() as (here, _):
        request = Request(f"/chat/r1/000/s1/{carrier}", query={"c": "_jp.a"})
        verdict = doors_of(here).admit(request, (), carrier)
        assert isinstance(verdict, Accepted)
        receiver = verdict.conversation
        assert isinstance(receiver, StreamReceiver)
        assert receiver.single == (carrier in {"xhr", "jsonp"})
        assert receiver.candidate is not None
        assert isinstance(receiver.candidate().dialect, SockJsRequests)
        assert ("X-Content-Type-Options", "nosniff") in verdict.headers


async def test_websockets_have_doors_where_they_are_offered() -> None:
    async with nodes() as (here, _):
        doors = doors_of(here)
        within = doors.admit(Request("/chat/r1/000/s1/websocket"), ())
        raw = doors.admit(Request("/chat/r1/websocket"), ())
        assert isinstance(within, Accepted)
        assert isinstance(raw, Accepted)
        assert isinstance(within.conversation.dialect, SockJsSocket)  # type: ignore[attr-defined]
        assert isinstance(raw.conversation.dialect, TextDialect)  # type: ignore[attr-defined]
        without = doors_of(here, SockJsEndpoint("/chat/{room}", websocket=False))
        assert without.admit(Request("/chat/r1/000/s1/websocket"), ()) is None
        assert without.admit(Request("/chat/r1/websocket"), ()) is None


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/chat/r1/000/s1/xhr", True),
        ("/chat/r1/999/s1/xhr_send", True),
        ("/chat/%72%31/000/%731/xhr", True),
        ("/chat/r1/000/s2/xhr", False),
        ("/chat/r2/000/s1/xhr", False),
    ],
)
async def test_a_session_has_a_name_at_a_place_and_nothing_else_matters(
    path: str, same: bool
) -> None:
    async with nodes() as (here, _):
        found = doors_of(here).admit(Request(path.replace("xhr_send", "xhr")), (), "xhr")
        assert isinstance(found, Accepted)
        assert isinstance(found.conversation, StreamReceiver)
        assert (found.conversation.key == PLACE.key("/chat/r1/000/s1/xhr")) is same


@pytest.mark.parametrize(
    "path",
    [
        *("/chat/r1/a./a/xhr", "/chat/r1/a/a./xhr", "/chat/r1/./../xhr", "/chat/r1//a/xhr"),
        *("/chat/r1/a%2e/a/xhr", f"/chat/r1/a/{'a' * 257}/xhr", "/chat/r1/a/b%2e/xhr"),
    ],
)
async def test_what_can_be_no_session_is_not_found(path: str) -> None:
    async with nodes() as (here, _):
        verdict = doors_of(here).admit(Request(path), (), "xhr")
        assert verdict is None or (isinstance(verdict, Refusal) and verdict.status == 404)


@pytest.mark.parametrize(
    ("query", "says"),
    [({}, '"callback" parameter required'), ({"c": "a(1)"}, 'invalid "callback" parameter')],
)
async def test_scripts_need_the_name_of_a_function(query: dict[str, str], says: str) -> None:
    async with nodes() as (here, _):
        for carrier in ("jsonp", "htmlfile"):
            request = Request(f"/chat/r1/000/s1/{carrier}", query=query)
            assert doors_of(here).admit(request, (), carrier) == Refusal(500, says)


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "cookie": "a=b"}, True),
        ({"referer": "https://chat.example/page", "cookie": "a=b"}, True),
        ({"referer": "https://evil.example/page", "cookie": "a=b"}, False),
        ({"referer": "https://chat.example@evil.example/", "cookie": "a=b"}, False),
        ({"referer": "https://[", "cookie": "a=b"}, False),
        ({"cookie": "a=b"}, False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
async def test_old_browsers_show_only_by_the_referer_whose_page_it_is(
    headers: dict[str, str], may: bool
) -> None:
    async with nodes() as (here, _):
        for carrier in ("jsonp", "htmlfile"):
            path = f"/chat/r1/000/s1/{carrier}"
            named = {"host": "chat.example", **headers}
            request = Request(path, query={"c": "x"}, headers=named)
            assert isinstance(doors_of(here).admit(request, (), carrier), Accepted) is may


async def test_nobody_comes_in_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async with nodes() as (here, _):
        monkeypatch.setattr(sockjs, "SESSIONS_LIMIT", 0)
        verdict = doors_of(here).admit(Request("/chat/r1/000/s1/xhr"), (), "xhr")
        assert isinstance(verdict, Refusal)
        assert verdict.status == 503


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("", "dummy"),
        ("JSESSIONID=abcdef", "abcdef"),
        ("a=b; JSESSIONID=n1!x-2; c=d", "n1!x-2"),
        ("XJSESSIONID=abcdef", "dummy"),
        ("JSESSIONID=a\r\nX: y", "dummy"),
        ("JSESSIONID=" + "a" * 300, "dummy"),
    ],
)
def test_the_cookie_comes_back(sent: str, value: str) -> None:
    place = SockJsEndpoint("/chat", cookie=True)
    headers = {"cookie": sent} if sent else {}
    assert place.cookies(headers) == (("Set-Cookie", f"JSESSIONID={value}; Path=/"),)
    assert PLACE.cookies(headers) == ()
