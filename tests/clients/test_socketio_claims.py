"""What the test suites of the protocols Engine.IO 4 and Socket.IO 5 claim, in our own words.

Source: `test-suite/` in https://github.com/socketio/engine.io-protocol and socket.io-protocol. Their server
echoes; here a channel does. Where we deviate, docs/protocols/socketio.md says why. Who does not connect or
answer in time is in docs/bad-input.md and in tests/sessions/.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.docs.served import Served

WITHIN_S = 30.0
POLLS_AT_MOST = 20
PLACE = "/socket.io/?EIO=4"
POLLING, SOCKET = f"{PLACE}&transport=polling", f"{PLACE}&transport=websocket"
SETTINGS = "[limits]\nping_interval_s = 1\nkeepalive_s = 1\nidle_s = 31\nconnect_s = 30\n"
UNKNOWN = (400, '{"code":1,"message":"Session ID unknown"}')


class Peer:
    """A client of one session, with nothing but sockets."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sid = ""
        self.told: list[str] = []

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        connection.request(method, path, body.encode() or None)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def begin(self) -> dict[str, object]:
        """Begin a session that polls; return what its handshake says."""
        status, text = self.ask("GET", POLLING)
        assert (status, text[0]) == (200, "0")
        said = dict(json.loads(text[1:]))
        self.sid = str(said["sid"])
        return said

    def poll(self) -> tuple[int, str]:
        return self.ask("GET", f"{POLLING}&sid={self.sid}")

    def say(self, body: str) -> tuple[int, str]:
        return self.ask("POST", f"{POLLING}&sid={self.sid}", body)

    def hear(self, begins: str) -> str:
        """Return the next packet that begins like that; poll until it is there."""
        for _ in range(POLLS_AT_MOST):
            while self.told:
                packet = self.told.pop(0)
                if packet.startswith(begins):
                    return packet
            status, text = self.poll()
            assert status == 200, text
            self.told = text.split("\x1e")
            self.say("3")
        raise AssertionError(f"nothing begins with {begins}")

    def socket(self, path: str = SOCKET) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}")


def heard(socket: ClientConnection, pinged: bool = False) -> str | bytes:
    """Return the next message; that is a ping only where one is asked for."""
    while True:
        said = socket.recv(WITHIN_S)
        if (said == "2") == pinged:
            return said


def opened(socket: ClientConnection) -> dict[str, object]:
    said = str(heard(socket))
    assert said[0] == "0"
    return dict(json.loads(said[1:]))


def ended(socket: ClientConnection) -> list[str]:
    """Return what is said before the end."""
    said = []
    try:
        while True:
            said.append(str(socket.recv(WITHIN_S)))
    except ConnectionClosed:
        return [each for each in said if each != "2"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS)
    with Served(folder, "--broker", "memory://") as served:
        yield served


@pytest.fixture
def peer(server: Served) -> Peer:
    return Peer(server.port)


# ── Engine.IO ───────────────────────────────────────────────────────────────────────────────────

HANDSHAKE = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


def test_a_handshake_says_what_is_agreed(peer: Peer) -> None:
    said = peer.begin()
    assert said.keys() == HANDSHAKE
    assert said["upgrades"] == ["websocket"]
    assert (said["pingInterval"], said["pingTimeout"]) == (1000, 30000)
    with peer.socket() as socket:
        said = opened(socket)
    assert said.keys() == HANDSHAKE
    assert (said["upgrades"], said["pingInterval"], said["pingTimeout"]) == ([], 1000, 30000)


@pytest.mark.parametrize(
    "query",
    ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"],
)
def test_a_query_that_agrees_on_nothing_is_refused(peer: Peer, query: str) -> None:
    assert peer.ask("GET", f"/socket.io/?{query}")[0] == 400
    with pytest.raises(InvalidStatus):
        peer.socket(f"/socket.io/?{query.replace('polling', 'websocket')}")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_session_begins_with_get(peer: Peer, method: str) -> None:
    assert peer.ask(method, POLLING)[0] == 400


def test_several_packets_come_in_one_request(peer: Peer) -> None:
    peer.begin()
    assert peer.say('40\x1e421["subscribe","a"]\x1e42["publish",{"channel":"a","data":1}]') == (
        200,
        "ok",
    )
    assert peer.hear("40").startswith('40{"sid":')
    assert peer.hear("431").startswith('431[{"channel":"a"')
    assert peer.hear("42").startswith('42["message",1,')


def test_bytes_come_as_base64(peer: Peer) -> None:
    peer.begin()
    room = '"bytes"'
    assert peer.say(f'40\x1e421["subscribe",{room}]')[0] == 200
    peer.hear("431")
    event = '451-["publish",{"channel":"bytes","data":{"_placeholder":true,"num":0}}]'
    assert peer.say(f"{event}\x1ebAQIDBA==") == (200, "ok")
    assert peer.hear("b") == "bAQIDBA=="


def test_what_cannot_be_read_ends_a_session_that_polls(peer: Peer) -> None:
    peer.begin()
    assert peer.say("abc")[0] == 400
    assert peer.poll() == UNKNOWN


def test_the_newer_of_two_polls_stays(peer: Peer) -> None:
    """Deviate: the suite has both end, but a proxy may ask the same again, or a page come back early."""
    peer.begin()
    older: list[tuple[int, str]] = []
    waits = threading.Thread(target=lambda: older.append(peer.poll()))
    waits.start()
    for _ in range(POLLS_AT_MOST):
        if not waits.is_alive():
            break
        assert peer.ask("GET", f"{POLLING}&sid={peer.sid}&t=burst")[0] == 200
        peer.say("3")
    waits.join(WITHIN_S)
    assert older[0][0] == 200
    assert older[0][1] in {"6", "2"}


def test_pings_are_answered_and_the_session_goes_on(peer: Peer) -> None:
    peer.begin()
    for _ in range(2):
        assert "2" in peer.poll()[1].split("\x1e")
        assert peer.say("3") == (200, "ok")
    with peer.socket() as socket:
        opened(socket)
        for _ in range(2):
            assert heard(socket, pinged=True) == "2"
            socket.send("3")


def test_a_client_may_end_it(peer: Peer) -> None:
    peer.begin()
    assert peer.say("1") == (200, "ok")
    assert peer.poll() == UNKNOWN
    with peer.socket() as socket:
        opened(socket)
        socket.send("1")
        assert ended(socket) == []


def test_polling_becomes_a_websocket(peer: Peer) -> None:
    peer.begin()
    with peer.socket(f"{SOCKET}&sid={peer.sid}") as socket:
        socket.send("2probe")
        assert heard(socket) == "3probe"
        assert peer.poll() in {(200, "6"), (200, "2")}
        socket.send("5")
        socket.send("40")
        assert str(heard(socket)).startswith("40")
        assert peer.poll() == UNKNOWN
        assert peer.say("3") == UNKNOWN
        with pytest.raises(InvalidStatus):
            peer.socket(f"{SOCKET}&sid={peer.sid}")
        socket.send('421["subscribe","a"]')
        assert str(heard(socket)).startswith('431[{"channel":"a"')


# ── Socket.IO ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"user":"ann"}'])
def test_a_client_connects_to_a_namespace(peer: Peer, namespace: str, auth: str) -> None:
    """Deviate: a namespace needs nobody who made it, and `pid` is there for who wants to recover."""
    with peer.socket() as socket:
        opened(socket)
        socket.send(f"40{namespace}{auth}")
        said = str(heard(socket))
        assert said.startswith(f"40{namespace}{{")
        assert json.loads(said.removeprefix(f"40{namespace}")).keys() == {"sid", "pid"}


def test_a_namespace_may_be_left(peer: Peer) -> None:
    """Deviate: who leaves the last one has left, as nothing could be said any more."""
    with peer.socket() as socket:
        opened(socket)
        for packet in ("40", "40/custom,"):
            socket.send(packet)
            heard(socket)
        socket.send("41/custom,")
        socket.send('421["subscribe","a"]')
        assert str(heard(socket)).startswith('431[{"channel":"a"')
        socket.send("41")
        assert ended(socket) == []


def test_events_are_acknowledged(peer: Peer) -> None:
    with peer.socket() as socket:
        opened(socket)
        socket.send("40")
        heard(socket)
        socket.send('42456["subscribe","b"]')
        assert str(heard(socket)).startswith('43456[{"channel":"b"')
        attached = '{"_placeholder":true,"num":0}'
        socket.send(f'451-789["publish",{{"channel":"b","data":{attached}}}]')
        socket.send(bytes([1, 2, 3]))
        said = {str(each) for each in (heard(socket), heard(socket), heard(socket))}
        assert str(bytes([1, 2, 3])) in said
        assert any(each.startswith("43789[") for each in said)
        assert any(each.startswith('451-["message",{"_placeholder"') for each in said)


@pytest.mark.parametrize("before", [("40",), ()])
@pytest.mark.parametrize("wrong", ["4abc", "42{}", '42abc["a"]', '4999["a"]', "46"])
def test_what_cannot_be_read_ends_the_connection(
    peer: Peer, before: tuple[str, ...], wrong: str
) -> None:
    with peer.socket() as socket:
        for packet in (*before, wrong):
            socket.send(packet)
        said = ended(socket)
        assert [each[:2] for each in said[1:]] == ["40", "41"][: 2 * len(before)]
