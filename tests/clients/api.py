"""The server's API, as the smallest program would call it."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

PATIENCE_S = 60.0


def call(port: int, method: str, key: str = "", /, **body: object) -> dict[str, Any]:
    """Call a method that must be granted, and return its result."""
    answer = ask(port, method, key, **body)
    assert "result" in answer, answer
    result: dict[str, Any] = answer["result"]
    return result


def ask(port: int, method: str, key: str = "", /, **body: object) -> dict[str, Any]:
    """Call a method, and return the whole answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        headers = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {})}
        connection.request("POST", f"/api/{method}", json.dumps(body), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer
