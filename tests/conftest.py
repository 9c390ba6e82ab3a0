"""What all tests share: time for hypothesis on a busy machine, and logs that stay where they were."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile(
    "hubbub", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("hubbub")

# Some machines keep no bytecode: the hundreds of programs that the tests start would compile all of it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has its background jobs ignore Ctrl-C, and so would the programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases of bytes by their number: some are drawn anew in every process."""
    return argname if isinstance(val, bytes | bytearray | memoryview) else None


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Undo what a test did to the logs: the stream it sent them to is closed when the next test runs."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.is_configured()
    yield
    if root.handlers != handlers:
        root.handlers[:] = handlers
        root.setLevel(level)
    if not configured:
        structlog.reset_defaults()
