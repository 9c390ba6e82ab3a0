"""One connection, fed with what a backend may send: whole, in pieces, too much, and not at all."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.hooks.connection import HEAD_LIMIT, BackendConnection, Broken, Response, TooLarge

LIMIT = 100


class Wire(asyncio.Transport):
    """The other end of the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


class Stage:
    def __init__(self) -> None:
        self.wire = Wire()
        self.connection = BackendConnection(LIMIT)
        self.connection.connection_made(self.wire)

    def ask(self, *pieces: bytes) -> asyncio.Future[Response]:
        answer = self.connection.ask(b"question")
        for piece in pieces:
            self.connection.data_received(piece)
        return answer


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
CHUNKS = b"HTTP/1.1 201 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + LENGTH
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
OLD = b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("raw", "response", "kept"),
    [
        (LENGTH, Response(200, b"body"), True),
        (CHUNKS, Response(201, b"body"), True),
        (EARLY, Response(200, b"body"), True),
        (EMPTY, Response(204, b""), True),
        (OLD, Response(200, b"body"), False),
        (LAST, Response(200, b"body"), False),
    ],
    ids=["length", "chunks", "early", "empty", "old", "last"],
)
async def test_an_answer_comes_in_pieces_of_any_size(
    raw: bytes, response: Response, kept: bool, size: int
) -> None:
    stage = Stage()
    for _ in range(2 if kept else 1):
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        answer = stage.ask(*pieces[:-1])
        assert not answer.done()
        stage.connection.data_received(pieces[-1])
        assert answer.result() == response
        assert stage.connection.is_free() is kept


async def test_some_answers_end_with_the_connection() -> None:
    stage = Stage()
    answer = stage.ask(b"HTTP/1.1 200 OK\r\n\r\nbo", b"dy")
    stage.connection.connection_lost(None)

    assert answer.result() == Response(200, b"body")
    assert not stage.connection.is_free()


@pytest.mark.parametrize(
    ("raw", "exc"),
    [
        (b"", None),
        (b"HTTP/1.1 200", None),
        (LENGTH[:-1], None),
        (CHUNKS[:-1], None),
        (EARLY[:45], None),
        (b"HTTP/1.1 200 OK\r\n\r\nbody", ConnectionResetError()),
    ],
    ids=["nothing", "status", "length", "chunks", "early", "reset"],
)
async def test_a_connection_that_breaks_off_is_no_answer(raw: bytes, exc: Exception | None) -> None:
    stage = Stage()
    answer = stage.ask(raw)
    stage.connection.connection_lost(exc)

    with pytest.raises(Broken, match="before the answer was complete"):
        answer.result()
    assert not stage.connection.is_free()


@pytest.mark.parametrize(
    "raw",
    [
        b"SMTP ready\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\0\1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nbody",
    ],
)
async def test_what_is_not_http_ends_the_connection(raw: bytes) -> None:
    stage = Stage()
    answer = stage.ask(raw)

    with pytest.raises(Broken, match="does not speak HTTP"):
        answer.result()
    assert stage.wire.aborted


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEAD_LIMIT,
        b"HTTP/1.1 103 Early\r\n\r\n" * (HEAD_LIMIT // 20),
    ],
    ids=["whole", "part", "endless", "chunk", "head", "early"],
)
async def test_what_is_too_large_ends_the_connection(raw: bytes) -> None:
    stage = Stage()
    answer = stage.ask(raw)

    with pytest.raises(TooLarge):
        answer.result()
    assert stage.wire.aborted


async def test_the_largest_answer_is_taken() -> None:
    body = b"x" * LIMIT
    answer = Stage().ask(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + body)

    assert answer.result() == Response(200, body)


@pytest.mark.parametrize("more", [LENGTH, b"HTTP", b"?", EMPTY])
async def test_what_nobody_asked_for_answers_no_later_question(more: bytes) -> None:
    together, after = Stage(), Stage()
    assert together.ask(LENGTH + more).result() == Response(200, b"body")
    assert after.ask(LENGTH).result() == Response(200, b"body")
    after.connection.data_received(more)

    for stage in (together, after):
        assert stage.wire.aborted
        assert not stage.connection.is_free()


async def test_whoever_waits_no_more_is_not_answered() -> None:
    stage = Stage()
    stage.ask().cancel()
    stage.connection.data_received(LENGTH)
    stage = Stage()
    stage.ask().cancel()
    stage.connection.connection_lost(None)
