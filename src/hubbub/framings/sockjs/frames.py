r"""The frames of SockJS, and how each of its transports writes them.

A frame is a letter and perhaps JSON: `o` opens, `h` is a heartbeat, `a["one","two"]` brings messages, and
`c[3000,"Go away!"]` ends. A client sends arrays of messages without a letter. All messages are text.

Frames wait for a client's request as lines, which is what `xhr_streaming` reads; the other transports make
something else of them.

Source: https://github.com/sockjs/sockjs-protocol (0.3.3).
"""

from __future__ import annotations

import re
from binascii import b2a_base64

import msgspec

from hubbub.dialects.payloads import decode_json
from hubbub.errors import BAD_REQUEST, Close, ProtocolViolation
from hubbub.model import Packet

OPEN = Packet(b"o")
HEARTBEAT = Packet(b"h")

MESSAGES_LIMIT = 10_000
"""Messages that one request may bring."""
CALLBACK_LIMIT = 128
"""Characters of a callback's name at most."""

PAYLOAD_EXPECTED = "Payload expected."
BROKEN = "Broken JSON encoding."

_encode = msgspec.json.Encoder().encode
_MESSAGES = msgspec.json.Decoder(list[str] | str)

_FRAGILE = re.compile("[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]")
"""What browsers are known to change on its way to the page, beside control characters."""
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)

PRELUDE = b"h" * 2048 + b"\n"
"""What a stream for XMLHttpRequest begins with, because some browsers keep the first bytes to themselves."""


def message(packet: Packet) -> Packet:
    """Return a dialect's packet as a frame; bytes as base64, because all is text."""
    text = b2a_base64(packet.data, newline=False) if packet.binary else packet.data
    return Packet(b"a[%b]" % _quoted(text))


def closing(close: Close) -> Packet:
    """Return the frame that says why it ends."""
    return Packet(b"c[%d,%b]" % (close.code, _quoted(close.reason.encode())))


def _quoted(text: bytes) -> bytes:
    quoted = _encode(text.decode())
    if quoted.isascii():
        return quoted
    return _FRAGILE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted.decode()).encode()


def read(body: bytes) -> list[bytes]:
    """Return the messages that a client sends, together or one alone.

    Raises ProtocolViolation (3501) with the words of the protocol.
    """
    if not body:
        raise ProtocolViolation(BAD_REQUEST, PAYLOAD_EXPECTED)
    try:
        found = decode_json(_MESSAGES, body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProtocolViolation(BAD_REQUEST, BROKEN) from None
    messages = [found] if isinstance(found, str) else found
    if len(messages) > MESSAGES_LIMIT:
        raise ProtocolViolation(BAD_REQUEST, f"more than {MESSAGES_LIMIT} messages in one request")
    return [each.encode() for each in messages]


# ── what the transports make of frames ──────────────────────────────────────────────────────────


def line(packet: Packet) -> bytes:
    """Return a frame as it waits for a request; there is no line feed in it."""
    return packet.data + b"\n"


def merged(lines: bytes) -> bytes:
    """Return frames that bring messages as one; another frame as it is."""
    frames = lines[:-1].split(b"\n")
    if len(frames) == 1:
        return frames[0]
    return b"a[%b]" % b",".join([frame[2:-1] for frame in frames])


def events(lines: bytes) -> bytes:
    """Return frames as server-sent events; clients undo percent-encoding there."""
    frames = lines.replace(b"%", b"%25")[:-1].split(b"\n")
    return b"".join([b"data: %b\r\n\r\n" % frame for frame in frames])


def scripts(lines: bytes) -> bytes:
    """Return frames as scripts, each of which hands one over to the page around."""
    frames = lines[:-1].split(b"\n")
    return b"".join([b"<script>\np(%b);\n</script>\r\n" % _literal(frame) for frame in frames])


def call(callback: str, lines: bytes) -> bytes:
    """Return frames as the call of a function; the comment keeps it from being another kind of file."""
    return b"/**/%b(%b);\r\n" % (callback.encode(), _literal(merged(lines)))


def _literal(frame: bytes) -> bytes:
    """Return a frame as a string of JavaScript, which cannot end the script that it stands in."""
    return _quoted(frame).replace(b"<", b"\\u003c")


def is_callback(name: str) -> bool:
    """Tell whether it is the name of a function, and nothing that could be more."""
    return len(name) <= CALLBACK_LIMIT and _CALLBACK.fullmatch(name) is not None


def document(callback: str) -> bytes:
    """Return the beginning of an endless page, with `callback` of the page around it.

    It is padded, because browsers show nothing of a page before it has 1 KiB.
    """
    return (_DOCUMENT % callback.encode()).ljust(1024 + len(_DOCUMENT)) + b"\r\n\r\n"


_DOCUMENT = b"""<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.%b;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>"""


def frame_page(client_url: str) -> bytes:
    """Return the page through which others talk to us: it loads the client from `client_url`."""
    return _FRAME_PAGE % client_url.encode()


_FRAME_PAGE = b"""<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script>
    document.domain = document.domain;
    _sockjs_onload = function(){SockJS.bootstrap_iframe();};
  </script>
  <script src="%b"></script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>"""
