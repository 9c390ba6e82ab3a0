from __future__ import annotations

import errno
import resource
import socket
import ssl
from collections.abc import Iterator

import pytest

from hubbub.cli.load.connection import Connection
from hubbub.cli.load.opening import allow_files, close_crowd, open_crowd
from hubbub.cli.load.opening import sentence as sentence_of
from hubbub.cli.load.plan import Crowd, LoadError, Pace, Plan, target_of
from tests.bench.faulty_server import FaultyServer, honest, up


class Nobody:
    def heard(self, connection: Connection, text: bytes) -> None:
        raise AssertionError("nothing was published")

    def gone(self, connection: Connection, why: str) -> None:
        raise AssertionError(why)


def plan(url: str, connections: int = 10) -> Plan:
    return Plan(
        target_of(url, "text", 1),
        Crowd(connections, 1, 1, "bench"),
        Pace(rate=0, in_flight=1, seconds=1, messages=0, size=90, grace_s=1),
    )


@pytest.fixture
def files() -> Iterator[tuple[int, int]]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_all_are_opened_and_counted() -> None:
    counts: list[int] = []

    with up(FaultyServer(honest)) as port:
        crowd = await open_crowd(plan(f"ws://localhost:{port}"), Nobody(), counts.append)
        await close_crowd(crowd)

    assert sorted(connection.number for connection in crowd) == list(range(10))
    assert counts == list(range(1, 11))
    assert not any(connection.open for connection in crowd)


async def test_a_refusal_ends_the_opening() -> None:
    with up(FaultyServer(honest, refuses=True)) as port, pytest.raises(LoadError, match="HTTP 403"):
        await open_crowd(plan(f"ws://127.0.0.1:{port}"), Nobody(), lambda count: None)


def test_the_soft_limit_of_files_is_raised(files: tuple[int, int]) -> None:
    hard = files[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))

    allow_files(200)

    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (232, hard)


def test_the_hard_limit_of_files_is_told(files: tuple[int, int]) -> None:
    hard = files[1]

    with pytest.raises(LoadError, match=f"this process may have {hard}; raise the hard limit"):
        allow_files(hard)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            ConnectionRefusedError(),
            "no server answers at ws://h:1/ws/{channel}: connection refused",
        ),
        (socket.gaierror(-2, "unknown"), "no machine is called 'h'"),
        (ssl.SSLError(1, "[SSL] wrong version"), "no encrypted connection"),
        (OSError(errno.EMFILE, "Too many"), "allows no more open files"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "no more free ports"),
        (
            OSError(errno.EHOSTUNREACH, "No route"),
            "no connection to ws://h:1/ws/{channel}: No route",
        ),
    ],
)
def test_what_goes_wrong_is_a_sentence(error: OSError, sentence: str) -> None:
    assert sentence in sentence_of(target_of("ws://h:1", "text", 1), error)
