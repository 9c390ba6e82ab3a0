"""A client of SockJS with nothing but sockets, which sees every byte of an answer."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from http.client import HTTPConnection, HTTPMessage
from typing import NamedTuple, Self

WITHIN_S = 20.0
BEATS = {
    "h",
    "h\n",
    "data: h\r\n\r\n",
    '<script>\np("h");\n</script>\r\n',
    '/**/x("h");\r\n',
}
"""Heartbeats, which may come at any time."""
BEATS_AT_MOST = 20
"""Heartbeats, one each second, while something else is waited for."""


class Answer(NamedTuple):
    """An answer that has ended."""

    status: int
    headers: HTTPMessage
    text: str


class Stream:
    """An answer whose chunks are read one by one."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._file = raw.makefile("rb")

    @cached_property
    def head(self) -> str:
        """Return the head, once it is there: a poll has none before it has something to say."""
        return b"".join(iter(self._file.readline, b"\r\n")).decode("latin-1")

    def chunk(self) -> str:
        """Return the next chunk that is no heartbeat; "" is the end."""
        assert " 200 " in self.head
        for _ in range(BEATS_AT_MOST):
            size = int(self._file.readline() or b"0", 16)
            text = self._file.read(size).decode()
            self._file.readline()
            if text not in BEATS:
                return text
        raise AssertionError("nothing but heartbeats")

    def rest(self) -> str:
        """Return all that comes, up to the end of the connection."""
        assert " 200 " in self.head
        return self._file.read().decode()

    def leave(self) -> None:
        """Break off."""
        self._file.close()
        self._raw.close()


class Place:
    """A service, and one session there."""

    def __init__(self, port: int, service: str) -> None:
        self.port = port
        self.service = service
        self.session = uuid.uuid4().hex

    def at(self, what: str, server: str = "000") -> str:
        return f"/{self.service}/{server}/{self.session}/{what}"

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """Ask for something, and wait for all of the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode() or None, named)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return Answer(response.status, response.headers, text)

    def poll(self, server: str = "000") -> str:
        """Poll, and return what is told."""
        return self._receive("POST", self.at("xhr", server))

    def script(self) -> str:
        """Poll by a script with the callback `x`."""
        return self._receive("GET", self.at("jsonp?c=x"))

    def _receive(self, method: str, path: str) -> str:
        for _ in range(BEATS_AT_MOST):
            answer = self.ask(method, path)
            assert answer.status == 200
            if answer.text not in BEATS:
                return answer.text
        raise AssertionError("nothing but heartbeats")

    def send(self, body: str, **headers: str) -> Answer:
        return self.ask("POST", self.at("xhr_send"), body, **headers)

    @contextmanager
    def stream(
        self, method: str, what: str, version: str = "1.1", more: Mapping[str, str] | None = None
    ) -> Iterator[Stream]:
        """Ask for a stream; `more` are headers, `_` in their names stands for `-`."""
        with socket.create_connection(("127.0.0.1", self.port), WITHIN_S) as raw:
            head = f"{method} {self.at(what)} HTTP/{version}\r\nHost: localhost\r\n"
            length = "Content-Length: 0\r\n" if method == "POST" else ""
            for name, value in (more or {}).items():
                length += f"{name.replace('_', '-')}: {value}\r\n"
            raw.sendall(f"{head}{length}\r\n".encode())
            stream = Stream(raw)
            yield stream
            stream.leave()

    def another(self) -> Self:
        """Return another session of the same service."""
        return type(self)(self.port, self.service)
