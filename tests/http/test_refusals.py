from __future__ import annotations

import json

from hubbub.http.refusals import refuse, refused
from hubbub.sessions.contract import Refusal


def test_a_refusal_is_json() -> None:
    response = refuse(413, "too much", (("Vary", "Origin"),))
    assert (response.status_code, response.headers["vary"]) == (413, "Origin")
    assert json.loads(bytes(response.body)) == {"error": {"code": 413, "message": "too much"}}
    same = refused(Refusal(413, "too much", (("Vary", "Origin"),)))
    assert (same.status_code, same.headers["vary"], same.body) == (413, "Origin", response.body)
