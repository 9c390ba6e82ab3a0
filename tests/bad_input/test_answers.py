"""Whatever a client does wrong, it gets the answer that docs/bad-input.md promises; nobody else notices."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.bad_input.cases import SETTINGS, TABLE
from tests.bad_input.http_cases import post
from tests.bad_input.mistakes import Case, Closed, Http, Streamed, Told
from tests.bad_input.raw import CLOSE, PONG, TEXT, Raw, frame, handshake
from tests.bad_input.stream_cases import get
from tests.docs.served import Served
from tests.server.running import wait_until

SID = re.compile(rb'"sid":"([^"]+)"')
HEARTBEAT = b"h\n"
CASES = [(entry, case) for entry, cases in TABLE.items() for case in cases]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "hubbub.toml").write_text(SETTINGS)
    with Served(folder, "--config", "hubbub.toml") as served:
        yield served
        assert "Traceback" not in served.log()


@pytest.mark.parametrize(
    ("entry", "case"), CASES, ids=[f"{entry}: {case.wrong}" for entry, case in CASES]
)
def test_a_mistake_is_answered(served: Served, entry: str, case: Case) -> None:
    with Raw(served.port) as client:
        named = b"SID"
        for data in case.before:
            client.send(data.replace(b"SID", named))
            found = SID.search(client.response()[1])
            named = found[1] if found else named
        for data in case.send:
            client.send(data.replace(b"SID", named))

        if isinstance(case.answer, Http):
            status, body = client.response()
            while body == HEARTBEAT:  # it comes first where a machine is slow
                client.send(case.send[-1])
                status, body = client.response()
            assert (status, case.answer.says in body.decode()) == (case.answer.status, True), body
        elif isinstance(case.answer, Streamed):
            assert client.response()[0] == 200
            stream = client.rest().decode()
            assert case.answer.says in [line for line in stream.splitlines() if "{" in line][-1]
            assert stream.endswith("\r\n0\r\n\r\n")
        else:
            assert client.response()[0] == 101
            if isinstance(case.answer, Closed):
                expect_close(client, case.answer)
            else:
                expect_told(client, case.answer)
                client.send(frame(0x9, b"still here"))
                expect_pong(client)


def expect_close(client: Raw, expected: Closed) -> None:
    before = ""
    while (answer := client.frame()) is not None:
        if answer.opcode == CLOSE:
            reason = answer.payload[2:].decode()
            assert (answer.code, expected.says in reason) == (expected.code, True), reason
            assert expected.before in before
            return
        before = answer.payload.decode()
    pytest.fail("the connection ended without a CLOSE frame")


def expect_told(client: Raw, expected: Told) -> None:
    heard = []
    while (answer := client.frame()) is not None and answer.opcode != CLOSE:
        heard.append(answer.payload.decode())
        if expected.says in heard[-1]:
            return
    pytest.fail(f"heard {heard}, then {answer}")


def expect_pong(client: Raw) -> None:
    while (answer := client.frame()) is not None:
        if answer == (0xA, b"still here"):
            return
    pytest.fail("the connection ended")


LISTEN = get('{"subs":{"flooded":{}}}', "/connection/uni_sse")[0]


@pytest.mark.parametrize(("asking", "status"), [(handshake("/ws/flooded"), 101), (LISTEN, 200)])
def test_who_does_not_read_is_dropped_and_others_get_everything(
    served: Served, asking: bytes, status: int
) -> None:
    """The slow one is told 3008 if it reads on soon enough; its connection ends in any case."""
    count, padding = 150, "x" * 60_000
    with Raw(served.port, 4096) as slow, Raw(served.port) as reader, Raw(served.port) as program:
        slow.send(asking)
        reader.send(handshake("/ws/flooded"))
        assert (slow.response()[0], reader.response()[0]) == (status, 101)
        dropped = slow_disconnects(program)
        for number in range(count):
            body = f'{{"channel":"flooded","data":"{number:05}{padding}"}}'
            if status == 101:  # neither is silent, however long a busy machine takes for all this
                slow.send(frame(PONG))
            reader.send(frame(PONG))
            program.send(post("publish", body)[0])
            assert program.response()[0] == 200
            assert next_text(reader).startswith(f"{number:05}")
        wait_until(lambda: slow_disconnects(program) == dropped + 1)

        received = slow.rest()

    assert len(received) < count * len(padding)
    told = re.findall(rb'"code":([0-9]+)|\x88\x06\x0b\xc0(slow)', received[-200:])
    assert told in ([], [(b"3008", b"")], [(b"", b"slow")])


def next_text(client: Raw) -> str:
    while (answer := client.frame()) is not None:
        if answer.opcode == TEXT:
            return answer.payload.decode()
    pytest.fail("the connection ended")


def slow_disconnects(program: Raw) -> int:
    program.send(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
    found = re.search(rb"hubbub_slow_disconnects_total ([0-9]+)", program.response()[1])
    assert found
    return int(found[1])
