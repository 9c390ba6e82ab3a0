"""The examples as a newcomer runs them, under servers that are not ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.server.running import ENVIRONMENT, wait_until
from tests.servers import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
WATCHED = """
import json
from app import app as host, realtime

async def app(scope, receive, send):
    if scope["type"] != "http" or scope["path"] != "/counts":
        return await host(scope, receive, send)
    carriage = realtime.asgi.carriage
    counts = {"taken": carriage.taken_over, "carried": carriage.carried}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(counts).encode()})
"""
"""A program that runs an example's app as it is, and tells how its connections are carried."""

SERVERS = {
    "uvicorn": ("uvicorn", "watched:app", "--port", "@PORT@"),
    "hypercorn": (
        *("hypercorn", "watched:app", "--bind", "127.0.0.1:@PORT@"),
        *("--graceful-timeout", "1"),
    ),
}


@dataclass
class Host:
    """An example that runs."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def address(self, path: str) -> str:
        """Return where a WebSocket of the mounted app is."""
        return f"ws://localhost:{self.port}/rt{path}"

    def client(self) -> httpx.Client:
        """Return a browser of its own, as far as cookies go."""
        return httpx.Client(base_url=self.origin)

    def counts(self) -> dict[str, Any]:
        """Return how many connections were taken over, and how many are carried by events."""
        with urllib.request.urlopen(f"{self.origin}/counts", timeout=5) as answer:
            return dict(json.load(answer))

    def followers(self) -> int:
        """Return how many subscriptions there are."""
        with urllib.request.urlopen(f"{self.origin}/rt/metrics", timeout=5) as answer:
            found = re.search(r"^hubbub_subscriptions (\d+)", answer.read().decode(), re.MULTILINE)
        return int(found[1]) if found else 0

    def answers(self) -> bool:
        try:
            return bool(self.counts())
        except OSError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def stop(self) -> int:
        """End it as a process manager does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def hosted(
    example: str, server: str, place: Path, *options: str, broker: str = "memory://"
) -> Iterator[Host]:
    """Run an example under a server, from entering to leaving."""
    folder = place / example
    shutil.copytree(EXAMPLES / example, folder)
    for file in (*folder.glob("*.toml"), *folder.glob("*.py")):
        file.write_text(file.read_text().replace("memory://", broker))
    (folder / "watched.py").write_text(WATCHED)
    port, log = free_port(), place / "host.log"
    command = [word.replace("@PORT@", str(port)) for word in (*SERVERS[server], *options)]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    host = Host(process, port, log)
    try:
        wait_until(host.answers)
        yield host
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
