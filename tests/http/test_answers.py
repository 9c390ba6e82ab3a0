from __future__ import annotations

import json

from hubbub.errors import BAD_REQUEST_ERROR
from hubbub.http.answers import PresenceStatsResult, complain, kept, member, succeed
from hubbub.model import ClientInfo, Kind, Publication


def test_a_result_stands_in_its_envelope() -> None:
    response = succeed(PresenceStatsResult(2, 1))
    assert json.loads(bytes(response.body)) == {"result": {"num_clients": 2, "num_users": 1}}


def test_an_error_stands_in_its_envelope() -> None:
    response = complain(BAD_REQUEST_ERROR, "no such thing", 400)
    assert response.status_code == 400
    expected = {"error": {"code": 107, "message": "bad request: no such thing"}}
    assert json.loads(bytes(response.body)) == expected


def test_what_is_not_known_is_left_out() -> None:
    bare = kept(Publication(b"hi", Kind.TEXT, offset=3))
    assert (bytes(bare.data), bare.time, bare.info, bare.tags) == (b'"hi"', 0, None, None)
    assert member(ClientInfo("ann", "s1")).user == "ann"
