"""What a client shows to be let in is never in a log, however much is logged."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from tests.bad_input.raw import Raw
from tests.bad_input.stream_cases import SSE, get, post, request
from tests.docs.served import Served

SECRET = "wL3mS9qZ"
TOKEN = f'{{"id":1,"connect":{{"token":"{SECRET}"}}}}'

REQUESTS = (
    get(TOKEN),
    get(TOKEN, origin="https://evil.example"),
    get(TOKEN) * 2,
    get(f"{TOKEN}x"),
    (request("GET", f"/nothing?cf_connect={quote(TOKEN)}", b"", {}),),
    (request("PUT", f"{SSE}?cf_connect={quote(TOKEN)}", b"", {}),),
    (request("GET", f"{SSE}?cf_connect={quote(TOKEN)}%ff", b"", {}),),
    post("/connection/http_stream", TOKEN),
    post("/emulation", f'{{"node":"n","session":"{SECRET}","data":"{{}}"}}'),
    post("/emulation", f'{{"node":"n","session":"{SECRET}"'),
    post("/admin/session", f'{{"secret":"{SECRET}"}}'),
    post("/admin/session", f'{{"secret":["{SECRET}"]}}'),
    post("/inbox/pull", "{}", authorization=f"Bearer {SECRET}"),
    post("/api/publish", '{"channel":"a","data":1}', x_api_key=SECRET),
    post(f"/api/publish?api_key={SECRET}", "{}", authorization=f"apikey {SECRET}"),
    post(f"/socket.io/?EIO=4&transport=polling&sid={SECRET}.{SECRET}", "40"),
    post(f"/stomp/0/{SECRET}/xhr_send", f'["CONNECT\\npasscode:{SECRET}\\n\\n\\u0000"]'),
    get(TOKEN, cookie=f"hubbub_admin={SECRET}"),
)


def test_nothing_that_lets_somebody_in_is_logged(tmp_path: Path) -> None:
    with Served(tmp_path, "--broker", "memory://", "--log-level", "debug") as served:
        for sent in REQUESTS:
            with Raw(served.port) as client:
                for data in sent:
                    client.send(data)
                client.response()
        assert SECRET not in served.log()
        assert "Traceback" not in served.log()
