"""A program that publishes over HTTP and does not give up."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request


class Publisher:
    """Publish numbers over HTTP, each until it is acknowledged, under its own idempotency key."""

    def __init__(self, port: int, channel: str) -> None:
        self._url = f"http://127.0.0.1:{port}/api/publish"
        self._channel = channel
        self.repeated = 0

    def publish(self, data: dict[str, object]) -> None:
        key = json.dumps(data)
        body = json.dumps({"channel": self._channel, "data": data, "idempotency_key": key}).encode()
        deadline = time.monotonic() + 60
        while not self._try(body):
            self.repeated += 1
            assert time.monotonic() < deadline, "nobody takes a publication"
            time.sleep(0.02)

    def _try(self, body: bytes) -> bool:
        request = urllib.request.Request(self._url, body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return "result" in json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
