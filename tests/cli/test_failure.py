from __future__ import annotations

import socket
import urllib.error

import pytest

from hubbub.cli.failure import why


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), "connection refused"),
        (urllib.error.URLError(ConnectionRefusedError(111, "x")), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "the host's name is not known"),
        (OSError("Multiple exceptions: a, b"), "Multiple exceptions: a, b"),
        (TimeoutError(), "TimeoutError"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_reasons_are_plain_words(fault: Exception, words: str) -> None:
    assert why(fault) == words
