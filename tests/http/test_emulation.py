from __future__ import annotations

import asyncio
import json

import pytest

from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.protobuf import PROTOBUF
from hubbub.errors import NORMAL
from hubbub.model import Packet
from hubbub.sessions.backlog import WAITING_LIMIT
from tests.dialects.centrifuge.wired import framed, read
from tests.http.emulation_stage import EVIL, FRIEND, LIMIT, emulating
from tests.hub.stage import turn

HISTORY = '{"id":2,"history":{"channel":"room"}}'


async def test_commands_arrive_at_their_session() -> None:
    async with emulating() as place:
        both = {**place.address, "data": HISTORY + "\n" + HISTORY.replace("2", "3")}
        response = await place.client.post("/emulation", json=both)
        assert (response.status_code, response.content) == (204, b"")
        await turn(10)
        assert [json.loads(line)["id"] for line in place.said()] == [2, 3]


async def test_a_request_may_be_protobuf() -> None:
    headers = {"Content-Type": "application/octet-stream"}
    async with emulating() as place:
        session, carrier = place.floor.open(CentrifugeDialect(PROTOBUF), says_close=False)
        session.received(framed(wire.Command(id=1, connect=wire.ConnectRequest())))
        connected = read(Packet(carrier.data[:-1], binary=True)).connect
        carrier.data = b""
        asked = framed(wire.Command(id=2, history=wire.HistoryRequest(channel="room"))).data
        said = wire.EmulationRequest(node="n1", session=connected.session, data=asked)
        for body, status in ((said.SerializeToString(), 204), (b"\x08", 400)):
            response = await place.client.post("/emulation", content=body, headers=headers)
            assert response.status_code == status
        await turn(10)
        assert read(Packet(carrier.data[:-1], binary=True)).id == 2


async def test_a_pong_is_a_sign_of_life() -> None:
    async with emulating() as place:
        for _ in range(4):
            place.floor.tick(25)
            assert place.said() == ["{}"]
            response = await place.client.post("/emulation", json={**place.address, "data": "{}"})
            assert response.status_code == 204
        place.floor.tick(120)
        assert json.loads(place.said()[-1])["push"]["disconnect"]["code"] == 3012


async def test_who_is_not_there_is_not_found() -> None:
    async with emulating() as place:
        said = {**place.address, "data": HISTORY}
        for wrong in ({"session": place.session.id}, {"session": ""}, {"node": "n2"}):
            response = await place.client.post("/emulation", json={**said, **wrong})
            assert response.status_code == 404
        place.session.closed(NORMAL)
        response = await place.client.post("/emulation", json=said)
        assert response.status_code == 410
        assert response.json()["error"]["message"] == "this session has ended"


BAD = [
    (b"", 400),
    (b"{}", 400),
    (b"[]", 400),
    (b"\xff", 400),
    (b'{"node":"n1","session":"s","data":{}}', 400),
    (b'{"node":"n1","session":"s","data":"\xff"}', 400),
    (b'{"node":"n1","session":"s","data":"\\ud83d"}', 400),
    (b"[" * LIMIT, 400),
    (b" " * (LIMIT + 1), 413),
]


@pytest.mark.parametrize(("body", "status"), BAD)
async def test_bad_requests_touch_nobody(body: bytes, status: int) -> None:
    async with emulating() as place:
        response = await place.client.post(
            "/emulation", content=body, headers={"Origin": FRIEND, "Content-Type": "text/plain"}
        )
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == FRIEND
        assert (place.said(), place.session.gone) == ([], False)


async def test_what_breaks_the_protocol_ends_only_that_session() -> None:
    async with emulating() as place:
        response = await place.client.post("/emulation", json={**place.address, "data": "x"})
        assert response.status_code == 204
        assert json.loads(place.said()[0])["push"]["disconnect"]["code"] == 3501


async def test_pages_of_other_origins_speak_for_nobody() -> None:
    async with emulating() as place:
        body = json.dumps({**place.address, "data": HISTORY})
        simple = {"Content-Type": "text/plain"}
        for foreign in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            headers = {**simple, **foreign}
            response = await place.client.post("/emulation", content=body, headers=headers)
            assert response.status_code == 403
            assert "access-control-allow-origin" not in response.headers
            asked = await place.client.options("/emulation", headers=foreign)
            assert asked.status_code == 403
        assert place.said() == []
        friend = {"Origin": FRIEND}
        asked = await place.client.options("/emulation", headers=friend)
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-headers"] == "Content-Type"
        response = await place.client.post("/emulation", content=body, headers=friend)
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == FRIEND


async def test_who_has_too_much_waiting_is_told() -> None:
    async with emulating() as place:
        place.floor.node.broker.moody.gate = asyncio.Event()
        place.session.received(Packet("\n".join([HISTORY] * (WAITING_LIMIT + 1)).encode()))
        response = await place.client.post("/emulation", json={**place.address, "data": HISTORY})
        assert response.status_code == 429
        assert place.floor.registry.get(place.session.id) is place.session
