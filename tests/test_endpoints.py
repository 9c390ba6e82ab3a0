"""Settings become doors; what happens behind them is shown in tests/test_app.py."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import ValidationError

from hubbub.brokers.memory import MemoryBroker, MemorySettings
from hubbub.config import EndpointSettings
from hubbub.dialects.contract import Connect, Request, Rpc
from hubbub.endpoints import DEFAULT_ENDPOINTS, doors_of
from hubbub.errors import BAD_REQUEST, ProtocolViolation
from hubbub.hub.nodes.control import Control
from hubbub.model import Kind, Packet
from hubbub.sessions.contract import Carrier, Conversation
from hubbub.sessions.doors import Door
from hubbub.sessions.polls.sockjs import SockJsSessions
from hubbub.sessions.polls.sockjs_endpoint import CARRIERS
from hubbub.sessions.polls.whereabouts import Whereabouts
from tests.fakes.clock import JumpingClock


def nobody(sid: str) -> Conversation:
    raise ProtocolViolation(BAD_REQUEST, f"no {sid}")


def doors(*mine: EndpointSettings) -> list[Door]:
    clock = JumpingClock()
    broker = MemoryBroker(MemorySettings(), clock)
    sockjs = SockJsSessions(Control(broker, "n1", clock), Whereabouts("n1", broker.presence))
    return doors_of(mine, 1024, nobody, sockjs)


def test_those_of_the_operator_come_first() -> None:
    mine = EndpointSettings(path="/ws/{user}", channel="only", user="{user}")
    paths = [door.path for door in doors(mine)]
    usual = [each.path for each in DEFAULT_ENDPOINTS if each.transport != "sockjs"]
    assert paths[0] == "/ws/{user}"
    assert [path for path in dict.fromkeys(paths) if path in usual] == usual


def test_sockjs_has_doors_for_all_its_transports_wherever_it_is_spoken() -> None:
    mine = EndpointSettings(
        path="/chat/", dialect="text", transport="sockjs", channel="room", cookie=True
    )
    carriers = {door.path: door.carrier for door in doors(mine)[:7]}
    below = "/chat/{sockjs_server}/{sockjs_session}"
    assert carriers == {
        "/chat/websocket": "websocket",
        f"{below}/websocket": "websocket",
        **{f"{below}/{carrier}": carrier for carrier in CARRIERS},
    }


@pytest.mark.parametrize(
    ("dialect", "renderer"),
    [
        ("text", "text-plain"),
        ("centrifuge", "centrifuge-json"),
        ("unidirectional", "centrifuge-unidirectional"),
        ("stomp", "stomp"),
    ],
)
def test_any_dialect_that_is_text_goes_over_sockjs(
    dialect: Literal["text", "centrifuge", "unidirectional", "stomp"], renderer: str
) -> None:
    mine = EndpointSettings(path="/chat", dialect=dialect, transport="sockjs", channel="room")
    request = Request(query={"format": "protobuf"} if dialect == "centrifuge" else {})
    for door in doors(mine)[:7]:
        _, make = door.choose([])
        assert make(request).renderer.name == renderer


@pytest.mark.parametrize(
    ("path", "offered", "query", "renderer"),
    [
        ("/connection/websocket", [], {}, "centrifuge-json"),
        ("/connection/websocket", ["centrifuge-protobuf"], {}, "centrifuge-protobuf"),
        ("/connection/websocket", [], {"format": "protobuf"}, "centrifuge-protobuf"),
        ("/connection/sse", ["application/json"], {}, "centrifuge-json"),
        ("/connection/http_stream", ["application/octet-stream"], {}, "centrifuge-protobuf"),
        ("/connection/uni_websocket", [], {"cf_connect": "{}"}, "centrifuge-unidirectional"),
        ("/connection/uni_sse", ["application/json"], {}, "centrifuge-unidirectional"),
        ("/connection/uni_http_stream", ["text/plain"], {}, "centrifuge-unidirectional"),
        ("/stomp", [], {}, "stomp"),
        ("/stomp", ["v13.stomp", "v11.stomp", "v10.stomp"], {}, "stomp"),
        ("/ws/lobby", [], {}, "text-plain"),
        ("/ws/lobby", [], {"format": "json"}, "text-json"),
    ],
)
def test_a_door_leads_to_its_dialect(
    path: str, offered: list[str], query: dict[str, str], renderer: str
) -> None:
    door = next(door for door in doors() if door.variables(path) is not None)
    _, make = door.choose(offered)
    request = Request(path, door.variables(path) or {}, query)
    assert make(request).renderer.name == renderer


@pytest.mark.parametrize("offered", [[], ["centrifuge-json"], ["centrifuge-protobuf"]])
def test_a_tool_can_ask_to_be_pinged_by_its_websocket_alone(offered: list[str]) -> None:
    door = next(door for door in doors() if door.path == "/connection/websocket")
    _, make = door.choose(offered)
    made = make(Request(query={"cf_ws_frame_ping_pong": "true"}))
    usual = make(Request(query={"cf_ws_frame_ping_pong": "no"}))
    assert (made.pings, made.pongs, usual.pings, usual.pongs) == (False, False, True, True)


def test_an_endpoint_of_ones_own_may_be_a_stream() -> None:
    mine = EndpointSettings(path="/live", dialect="centrifuge", transport="sse")
    assert doors(mine)[0].carrier == "sse"


@pytest.mark.parametrize(
    ("carrier", "commands"), [("websocket", 1), ("sse", 0), ("http_stream", 0)]
)
def test_who_only_listens_connects_once_by_the_address(carrier: Carrier, commands: int) -> None:
    (door,) = [
        door
        for door in doors()
        if door.carrier == carrier and door.path.startswith("/connection/uni_")
    ]
    _, make = door.choose([])
    request = Request(query={"cf_connect": "{}"}, carrier=carrier)
    assert len(make(request).open()) == commands  # what begins a stream comes as its first message


def test_socket_io_has_a_door_for_each_transport_and_one_to_come_back_by() -> None:
    both = [door for door in doors() if door.path == "/socket.io/"]
    assert [door.carrier for door in both] == ["websocket", "polling"]
    asked = {"EIO": "4", "transport": "websocket"}
    for door in both:
        _, make = door.choose([])
        assert make(Request(query=asked)).renderer.name == "socketio"
    at_once = both[0]
    assert at_once.resume is not None
    assert at_once.resume(Request(query=asked)) is None
    _, make = at_once.choose([])
    for wrong in ({**asked, "EIO": "3"}, {**asked, "transport": "polling"}):
        for refuse in (make, at_once.resume):
            with pytest.raises(ProtocolViolation):
                refuse(Request(query={**wrong, "sid": "n1.s1"}))
    with pytest.raises(ProtocolViolation, match="no n1"):
        at_once.resume(Request(query={**asked, "sid": "n1.s1"}))


def test_stomp_names_the_sub_protocol_and_takes_a_prefix_for_functions() -> None:
    mine = EndpointSettings(
        path="/chat/{who}", dialect="stomp", user="{who}", application="/message"
    )
    door = doors(mine)[0]
    named, make = door.choose(["v13.stomp", "v11.stomp", "v10.stomp"])
    assert named == "v11.stomp"
    dialect = make(Request("/chat/li", {"who": "li"}))
    assert dialect.receive(Packet(b"CONNECT\n\n\0")) == [Connect(1, "li")]
    call = Packet(b"SEND\ndestination:/message/say\n\nhi\0")
    assert dialect.receive(call) == [Rpc("say", 2, b"hi", Kind.TEXT)]


@pytest.mark.parametrize("prefix", ["", "message", "/", "/message/"])
def test_a_prefix_of_functions_is_a_path(prefix: str) -> None:
    with pytest.raises(ValidationError):
        EndpointSettings(path="/chat", dialect="stomp", application=prefix)
