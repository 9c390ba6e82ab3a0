"""A client that can do everything wrong: bytes over a blocking socket, and what comes back."""

from __future__ import annotations

import socket
from struct import pack, unpack
from typing import NamedTuple, Self

ANSWER_WITHIN_S = 60.0
MASK = b"\x11\x22\x33\x44"
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Frame(NamedTuple):
    """One frame of the server's."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """Return a CLOSE frame's code."""
        code: int = unpack("!H", self.payload[:2])[0]
        return code


def frame(opcode: int, payload: bytes = b"", *, first: int = 0x80, masked: bool = True) -> bytes:
    """Make a frame; `first` has the bits beside the opcode: 0x80 is final, 0x70 are reserved."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + pack("!H", size) if size < 65536 else None
    length = length if length is not None else b"\x7f" + pack("!Q", size)
    head = bytes([first | opcode, length[0] | (0x80 if masked else 0)]) + length[1:]
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))


def handshake(path: str, **headers: str | None) -> bytes:
    """Make a handshake; a header given as None is left out, `_` in its name stands for `-`."""
    fields: dict[str, str | None] = {
        "host": "localhost",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Raw:
    """One connection to a server; `kernel_buffer` bounds what the kernel takes for us (0: as it likes)."""

    def __init__(self, port: int, kernel_buffer: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(ANSWER_WITHIN_S)
        if kernel_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, kernel_buffer)
        self._socket.connect(("127.0.0.1", port))
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send everything; a server that stopped reading is not our business here."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def receive(self, size: int) -> bytes:
        """Return exactly so many bytes, or fewer at the end."""
        while len(self._buffer) < size:
            try:
                piece = self._socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            self._buffer += piece
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def response(self) -> tuple[int, bytes]:
        """Return an HTTP response's status, and its body as far as its length or its chunks say.

        A stream, behind which the connection ends, is left to be read.
        """
        while b"\r\n\r\n" not in self._buffer:
            before = len(self._buffer)
            self._buffer = self.receive(before + 1) + self._buffer
            assert len(self._buffer) > before, f"the server only said {self._buffer!r}"
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        lengths = [line.split(b":")[1] for line in lines if line.startswith(b"content-length:")]
        status = int(head.split()[1])
        if b"transfer-encoding: chunked" in lines and b"connection: close" not in lines:
            return status, self._chunks()
        return status, self.receive(int(lengths[0])) if lengths else b""

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._line(), 16):
            body += self.receive(size)
            self._line()
        self._line()
        return body

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n"):
            piece = self.receive(1)
            assert piece, f"the server only said {line!r}"
            line += piece
        return line

    def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        before = -1
        while len(self._buffer) > before:
            before = len(self._buffer)
            self._buffer = self.receive(before + 1) + self._buffer
        return self._buffer

    def frame(self) -> Frame | None:
        """Return the next frame, None at the end of the connection."""
        head = self.receive(2)
        if len(head) < 2:
            return None
        size = head[1]
        if size == 126:
            size = unpack("!H", self.receive(2))[0]
        elif size == 127:
            size = unpack("!Q", self.receive(8))[0]
        return Frame(head[0] & 0x0F, self.receive(size))
