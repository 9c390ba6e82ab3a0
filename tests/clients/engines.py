"""A server of the matrix: one engine, one or two workers, and a way to lose one."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.clients.api import call
from tests.docs.served import Served
from tests.servers import RedisServer

HERE = Path(__file__).parent
BACK_WITHIN_S = 60.0

ENGINES = ("memory", "sqlite", "redis")


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, and what one must know to use it."""

    engine: str
    served: Served
    secret: str
    key: str

    @property
    def keeps(self) -> bool:
        """Tell whether its channels outlive a worker."""
        return self.engine != "memory"

    def nodes(self) -> set[str]:
        """Return the nodes that the server's workers are."""
        info = call(self.served.port, "info", self.key)
        return {node["uid"] for node in info["nodes"]}

    def kill(self) -> None:
        """Kill a worker as a crash would, and return once the server is complete again."""
        if self.engine != "redis":
            self.served.crash()
            self.served.start()
            return
        before = self.nodes()
        os.kill(self.served.workers()[0], signal.SIGKILL)
        self.wait(lambda: bool(self.nodes() - before))

    def wait(self, fact: Callable[[], bool]) -> None:
        """Wait until something is true of the server; one that does not answer is asked again."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while True:
            with contextlib.suppress(OSError, HTTPException):
                if fact():
                    return
            assert time.monotonic() < deadline, self.served.log()
            time.sleep(0.05)


class Backend(BaseHTTPRequestHandler):
    """Answer the calls that the application in Python does not, as any HTTP server would."""

    def do_POST(self) -> None:
        ask = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if ask["method"] == "over http":
            data = {"user": ask["user"], "said": ask.get("data")}
            answer: dict[str, object] = {"result": {"data": data}}
        else:
            answer = {"error": {"code": 1404, "message": "no such method"}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextlib.contextmanager
def backend() -> Iterator[str]:
    """Run an HTTP backend, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def site(engine: str, place: Path) -> Iterator[Site]:
    """Run the application of the matrix on an engine, in a folder of its own."""
    secret, key = secrets.token_hex(16), secrets.token_hex(16)
    text = (HERE / "matrix.toml").read_text(encoding="utf-8")
    with ExitStack() as stack:
        made = {"SECRET": secret, "KEY": key, "BACKEND": stack.enter_context(backend())}
        for name, value in made.items():
            text = text.replace(f'"{name}"', f'"{value}"')
        (place / "hubbub.toml").write_text(text, encoding="utf-8")
        broker = {"memory": "memory://", "sqlite": f"sqlite:///{place}/hubbub.db"}.get(engine)
        crew: tuple[str, ...] = ()
        if broker is None:
            broker, crew = stack.enter_context(RedisServer(place)).url, ("--workers", "2")
        arguments = (f"{HERE / 'app.py'}:app", "--broker", broker, *crew)
        served = stack.enter_context(Served(place, *arguments))
        running = Site(engine, served, secret, key)
        running.wait(lambda: len(running.nodes()) == (2 if crew else 1))
        yield running
