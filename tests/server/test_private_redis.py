from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from hubbub.errors import ConfigurationError
from hubbub.server import private_redis as module
from hubbub.server.private_redis import private_redis
from tests.server.running import alive


def answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16) == b"+PONG\r\n"
    except OSError:
        return False


def test_it_lives_as_long_as_the_context() -> None:
    with private_redis() as redis:
        path = Path(redis.url.removeprefix("unix://"))
        assert answers(path)
        assert path.stat().st_mode & 0o077 == 0
        pid = redis._process.pid
    assert not alive(pid)
    assert not path.parent.exists()


async def test_it_is_started_again_when_it_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GUARD_S", 0.02)
    with private_redis() as redis:
        path = Path(redis.url.removeprefix("unix://"))
        guard = asyncio.create_task(redis.guard())
        first = redis._process.pid
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(60):
            while redis._process.pid == first or not answers(path):
                await asyncio.sleep(0.01)
        guard.cancel()


def test_a_machine_without_redis_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRAMS", ("no-such-program",))
    with (
        pytest.raises(ConfigurationError, match="install redis-server, or name one"),
        private_redis(),
    ):
        raise AssertionError("it cannot have started")


def test_one_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text('#!/bin/sh\necho "no memory" >"${18}"\nexit 1\n')
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ConfigurationError, match="did not start"), private_redis():
        raise AssertionError("it cannot have started")
