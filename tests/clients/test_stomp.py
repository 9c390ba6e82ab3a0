"""npm's `@stomp/stompjs` and PyPI's `stomp.py`, as they are published, against a running server."""

from __future__ import annotations

import queue
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import stomp  # type: ignore[import-untyped]

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.clients.stomp_clauses import CLAUSES
from tests.clients.stomp_exchange import difference
from tests.docs.served import Served
from tests.servers import RedisServer

PLAY_WITHIN_S = 240
PATIENCE_S = 60.0

SETTINGS = """
[limits]
ping_interval_s = 1
keepalive_s = 1
idle_s = 12
"""

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)

EVERYTHING = (
    "send and subscribe",
    "one order for all",
    "binary and large bodies",
    "two subscriptions to one topic",
    "transactions and acknowledgements",
    "all or none of a transaction",
    "choose among messages",
    "ask and answer",
    "write to each other",
    "compete for work",
    "go over SockJS",
    "recover after a cut",
    "be refused",
    "beat",
    "talk to functions",
)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run two workers behind one port, whose rooms are functions, and who ping every second."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    app = f"{HERE / 'rooms.py'}:app"
    with RedisServer(folder) as redis:
        arguments = (app, "--broker", redis.url, "--workers", "2")
        with Served(folder, *arguments) as served:
            yield served


def test_the_client_of_pages(workers: Served) -> None:
    done = subprocess.run(
        [
            node_with_clients(),
            "stomp_js.mjs",
            "|".join(EVERYTHING),
            "1.0,1.1,1.2",
            str(workers.port),
        ],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )

    assert done.returncode == 0, done.stdout + done.stderr


class Listener(stomp.ConnectionListener):  # type: ignore[misc]
    """Keep the frames that a client was sent, by command."""

    def __init__(self) -> None:
        self.frames: dict[str, queue.Queue[stomp.utils.Frame]] = {
            command: queue.Queue() for command in ("connected", "message", "receipt", "error")
        }
        self.beats = 0

    def next(self, command: str) -> stomp.utils.Frame:
        return self.frames[command].get(timeout=PATIENCE_S)

    def on_connected(self, frame: stomp.utils.Frame) -> None:
        self.frames["connected"].put(frame)

    def on_message(self, frame: stomp.utils.Frame) -> None:
        self.frames["message"].put(frame)

    def on_receipt(self, frame: stomp.utils.Frame) -> None:
        self.frames["receipt"].put(frame)

    def on_error(self, frame: stomp.utils.Frame) -> None:
        self.frames["error"].put(frame)

    def on_heartbeat(self) -> None:
        self.beats += 1


@contextmanager
def connected(
    server: Served, login: str, **options: object
) -> Iterator[tuple[stomp.WSStompConnection, Listener]]:
    listener = Listener()
    connection = stomp.WSStompConnection(
        [("127.0.0.1", server.port)],
        ws_path="/stomp",
        heartbeats=(1000, 1000),
        heart_beat_receive_scale=10,  # other tests want the processor too
        **options,
    )
    connection.set_listener("kept", listener)
    connection.connect(login, wait=True)
    try:
        yield connection, listener
    finally:
        if connection.is_connected():
            connection.disconnect(receipt="bye")


def test_the_client_of_programs(workers: Served) -> None:
    topic = "/topic/python:room"
    with connected(workers, "li") as (li, heard), connected(workers, "ann") as (ann, _):
        assert heard.next("connected").headers["version"] == "1.2"
        li.subscribe(topic, id="1", ack="client-individual", headers={"receipt": "sub"})
        assert heard.next("receipt").headers["receipt-id"] == "sub"
        ann.send(topic, '{"a": "ä"}', content_type="application/json", colour="a:b\n")
        message = heard.next("message")
        assert (message.body, message.headers["colour"]) == ('{"a": "ä"}', "a:b\n")
        assert message.headers["x-user"] == "ann"
        li.ack(message.headers["ack"], receipt="acked")
        assert heard.next("receipt").headers["receipt-id"] == "acked"
        transaction = li.begin()
        li.send(topic, "1", transaction=transaction)
        li.send(topic, "2", transaction=transaction)
        li.send(topic, "0")
        li.commit(transaction)
        assert [heard.next("message").body for _ in range(3)] == ["0", "1", "2"]
        li.unsubscribe("1", receipt="left")
        assert heard.next("receipt").headers["receipt-id"] == "left"
        until(lambda: heard.beats >= 2)
        li.send("/nowhere", "x")
        assert "no such destination" in heard.next("error").headers["message"]
        until(lambda: not li.is_connected())


def test_binary_frames_of_programs(workers: Served) -> None:
    bodies = {"auto_decode": False, "binary_mode": True}
    with connected(workers, "li", **bodies) as (li, heard):
        li.subscribe("/topic/python:bytes", id="1")
        li.send("/topic/python:bytes", bytes(range(1, 256)))
        message = heard.next("message")
        assert message.body == bytes(range(1, 256))
        assert message.headers["content-type"] == "application/octet-stream"


def until(fact: Callable[[], bool]) -> None:
    """Wait until a fact is true, or fail."""
    waits: queue.Queue[None] = queue.Queue()
    for _ in range(round(PATIENCE_S / 0.05)):
        if fact():
            return
        with pytest.raises(queue.Empty):
            waits.get(timeout=0.05)
    pytest.fail("it did not come true in time")


def test_what_the_specifications_say(workers: Served) -> None:
    found = [difference(workers.port, clause, n) for n, clause in enumerate(CLAUSES)]
    assert not any(found), "\n".join(filter(None, found))
