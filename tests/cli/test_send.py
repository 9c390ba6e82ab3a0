"""`hubbub send` against a real server."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.cli.running import hubbub
from tests.server.running import Running, serving


def pulled(server: Running, user: str) -> list[dict[str, Any]]:
    body = json.dumps({"user": user}).encode()
    with urllib.request.urlopen(f"{server.url}/api/inbox_pull", body, timeout=60) as response:
        messages: list[dict[str, Any]] = json.load(response)["result"]["messages"]
        return messages


def test_what_is_sent_is_in_the_inbox(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        command = ("send", "zhang", '{"n": 1}', "--from", "li", "--once", "k", "--url", server.url)
        ran = hubbub(*command)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert hubbub(*command).stdout == ran.stdout
        assert hubbub("send", "zhang", "-", "--url", server.url, text="words").returncode == 0
        refused = hubbub("send", "a,b", "1", "--url", server.url)

        assert [(m["data"], m.get("sender"), m["offset"]) for m in pulled(server, "zhang")] == [
            ({"n": 1}, "li", 1),
            ("words", None, 2),
        ]
        assert refused.returncode == 1
        assert "(107)" in refused.stderr
