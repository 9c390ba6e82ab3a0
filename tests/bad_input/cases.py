"""What is wrong, and what comes back: one table for the tests and for docs/bad-input.md.

The table is about a server with the settings below, which are short of patience so that the tests are quick.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.bad_input.http_cases import API_CASES, HANDSHAKE_CASES, HTTP_CASES, KEY, READER
from tests.bad_input.mistakes import Case
from tests.bad_input.socketio_cases import SOCKETIO_CASES
from tests.bad_input.sockjs_cases import SOCKJS_CASES
from tests.bad_input.stomp_cases import STOMP_CASES
from tests.bad_input.stream_cases import EMULATION_CASES, STREAM_CASES
from tests.bad_input.user_cases import ADMIN_CASES, INBOX_CASES, PUSH_CASES
from tests.bad_input.websocket_cases import CENTRIFUGE_CASES, FRAME_CASES, JSON_CASES, PLAIN_CASES

SETTINGS = f"""
broker = "memory://"
open = true
api_keys = ["{KEY}", {{ name = "reader", key = "{READER}", scopes = ["read"], channels = ["a*"] }}]

[api]
channels_limit = 3
commands_limit = 3

[listener]
head_limit = 8192
head_timeout_s = 1.0
body_limit = 65536

[listener.websocket]
message_limit = 65536

[limits]
channels = 3
command_burst = 50
commands_per_s = 1.0
strikes = 5
connect_s = 2.0
ping_interval_s = 1.0
keepalive_s = 1.0
idle_s = 3.0

[hub]
backlog_limit = 262144
backlog_age_s = 2.0

[namespaces.news]
publish = "nobody"

[namespaces.secret]
subscribe = "nobody"

[[endpoints]]
path = "/webws"
channel = "chat:{{query.channel}}"
"""


TABLE: dict[str, Sequence[Case]] = {
    "HTTP": HTTP_CASES,
    "WebSocket handshakes": HANDSHAKE_CASES,
    "WebSocket frames": FRAME_CASES,
    "Plain WebSocket": PLAIN_CASES,
    "Plain WebSocket with the JSON envelope": JSON_CASES,
    "The Centrifuge protocol": CENTRIFUGE_CASES,
    "Streams": STREAM_CASES,
    "Beside streams": EMULATION_CASES,
    "Socket.IO": SOCKETIO_CASES,
    "SockJS": SOCKJS_CASES,
    "STOMP": STOMP_CASES,
    "The HTTP API": API_CASES,
    "Inboxes over HTTP": INBOX_CASES,
    "Pushes": PUSH_CASES,
    "The admin page": ADMIN_CASES,
}
