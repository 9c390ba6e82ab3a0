"""The servers that are measured: how each is started, and how its clients speak."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.rig import build
from bench.rig.load import Script
from bench.rig.machine import BENCH, ROOT
from bench.rig.process import Running, free_port, raise_file_limit, running

PLAIN = Script("/ws/fan")
CENTRIFUGE = Script(
    "/connection/websocket",
    (
        ("send", '{"id":1,"connect":{}}'),
        ("expect", '"id":1'),
        ("send", '{"id":2,"subscribe":{"channel":"fan"}}'),
        ("expect", '"id":2'),
    ),
    '{"id":@N@,"publish":{"channel":"fan","data":"@MESSAGE@"}}',
)
SOCKET_IO = Script(
    "/socket.io/?EIO=4&transport=websocket",
    (("expect", "0"), ("send", "40"), ("expect", "40")),
    '42["say","@MESSAGE@"]',
)


ROOMS = Script(
    SOCKET_IO.path,
    (
        *SOCKET_IO.steps,
        ("send", '420["subscribe",{"channel":"fan"}]'),
        ("expect", "430["),
    ),
    '42["publish",{"channel":"fan","data":"@MESSAGE@"}]',
)
"""Hubbub's ready-made events of Socket.IO, which need no code on the server."""


@dataclass(frozen=True, slots=True)
class Server:
    """One row of the table. `command` may install things first; `group` is what `--only` names."""

    name: str
    group: str
    command: Callable[[int], list[str]]
    script: Script
    idle: bool = True
    """Whether its idle connections are worth measuring too."""
    same_size: bool = False
    """Whether its messages are as long as the wire form of the row before."""

    @contextmanager
    def up(self) -> Iterator[Running]:
        """Run the server on a free port. Raises Unavailable where the machine cannot."""
        port = free_port()
        command = self.command(port)
        with running(command, port, {"PYTHONPATH": str(ROOT / "src")}) as server:
            yield server


def _hubbub(port: int) -> list[str]:
    options = ["--port", str(port), "--broker", "memory://"]
    return [build.hubbub(), "-m", "hubbub", "serve", *options]


def _embedded(*server: str) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        words = [word.replace("@PORT@", str(port)) for word in server]
        return [build.hubbub(), "-m", *words]

    return command


def _nchan(port: int) -> list[str]:
    program = build.nginx()
    home = build.CACHE / "nchan"
    home.mkdir(parents=True, exist_ok=True)
    text = (BENCH / "peers" / "nchan.conf").read_text()
    text = text.replace("@PORT@", str(port)).replace("@FILES@", str(min(raise_file_limit(), 65536)))
    conf = home / "nginx.conf"
    conf.write_text(text)
    command = [program, "-p", str(home), "-c", str(conf)]
    return [*command, "-g", "user root;"] if os.geteuid() == 0 else command


def _node(script: str) -> Callable[[int], list[str]]:
    return lambda port: [build.node(), str(_peer(script)), str(port)]


def _python(script: str) -> Callable[[int], list[str]]:
    return lambda port: [build.python(), str(_peer(script)), str(port)]


def _limit(*options: str) -> Callable[[int], list[str]]:
    return lambda port: [str(build.tool("limit")), str(port), *options]


def _peer(script: str) -> Path:
    return BENCH / "peers" / script


SERVERS = (
    Server("limit", "limit", _limit(), PLAIN, idle=False),
    Server("limit, joining", "limit", _limit("join"), PLAIN, idle=False),
    Server("Hubbub, plain", "hubbub", _hubbub, PLAIN),
    Server("Hubbub, Centrifuge", "hubbub", _hubbub, CENTRIFUGE),
    Server(
        "Hubbub, plain, as long as Centrifuge's",
        "hubbub",
        _hubbub,
        PLAIN,
        idle=False,
        same_size=True,
    ),
    Server("Hubbub, Socket.IO", "hubbub", _hubbub, ROOMS),
    Server(
        "Hubbub, plain, in FastAPI under uvicorn",
        "embedded",
        _embedded(
            *("uvicorn", "embedded:app", "--app-dir", str(_peer(""))),
            *("--port", "@PORT@", "--log-level", "warning"),
        ),
        Script("/rt/ws/fan"),
    ),
    Server(
        "Hubbub, plain, in FastAPI under hypercorn",
        "embedded",
        _embedded(
            *("hypercorn", f"{_peer('embedded.py')}:app", "--bind", "127.0.0.1:@PORT@"),
            *("--workers", "0", "--worker-class", "uvloop", "--log-level", "warning"),
        ),
        Script("/rt/ws/fan"),
    ),
    Server("ws", "ws", _node("ws.mjs"), Script("/")),
    Server("nchan", "nchan", _nchan, Script("/fan")),
    Server("socket.io", "socketio", _node("socketio.mjs"), SOCKET_IO),
    Server("python-socketio", "python-socketio", _python("python_socketio.py"), SOCKET_IO),
)
GROUPS = tuple(dict.fromkeys(server.group for server in SERVERS))
