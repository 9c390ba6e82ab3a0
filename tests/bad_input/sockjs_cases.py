"""Mistakes of whoever speaks SockJS, over a WebSocket or by requests."""

from __future__ import annotations

from tests.bad_input.mistakes import Case, Closed, Http
from tests.bad_input.raw import BINARY, TEXT, frame, handshake
from tests.bad_input.stream_cases import EVIL, get, post

PLACE = "/sockjs/a/0"
FORM = "application/x-www-form-urlencoded"


def said(*packets: str | bytes) -> tuple[bytes, ...]:
    frames = [
        frame(BINARY, packet) if isinstance(packet, bytes) else frame(TEXT, packet.encode())
        for packet in packets
    ]
    return (handshake(f"{PLACE}/s/websocket"), *frames)


def begun(session: str, *bodies: str, place: str = PLACE) -> tuple[bytes, ...]:
    """Return the requests that begin a session, and say something in it."""
    at = f"{place}/{session}"
    return (*post(f"{at}/xhr", ""), *(post(f"{at}/xhr_send", body)[0] for body in bodies))


SOCKJS_CASES = [
    Case(
        "messages for a session that is not there",
        post(f"{PLACE}/nobody/xhr_send", '["x"]'),
        Http(404, "no such session"),
    ),
    Case("nothing is sent", post(f"{PLACE}/s/xhr_send", ""), Http(500, "Payload expected.")),
    Case(
        "what is sent is not JSON",
        post(f"{PLACE}/s/xhr_send", '["x'),
        Http(500, "Broken JSON encoding."),
    ),
    Case(
        "what is sent is no text",
        post(f"{PLACE}/s/xhr_send", "[1]"),
        Http(500, "Broken JSON encoding."),
    ),
    Case(
        "too many messages in one request",
        post(f"{PLACE}/s/xhr_send", "[" + '"",' * 10_000 + '""]'),
        Http(500, "more than 10000 messages"),
    ),
    Case(
        "a request above the limit",
        post(f"{PLACE}/s/xhr_send", "x" * 65537),
        Http(413, "65536 bytes"),
    ),
    Case(
        "a form without its field",
        post(f"{PLACE}/s/jsonp_send", "p=1", content_type=FORM),
        Http(500, "Payload expected."),
    ),
    Case("a script without a callback", get(None, f"{PLACE}/s/jsonp"), Http(500, "required")),
    Case(
        "a callback that is no function's name",
        get(None, f"{PLACE}/s/jsonp?c=alert(1)"),
        Http(500, 'invalid "callback" parameter'),
    ),
    Case(
        "the same for a page in a frame",
        get(None, f"{PLACE}/s/htmlfile?c=%3Cscript%3E"),
        Http(500, 'invalid "callback" parameter'),
    ),
    Case("a name that is no session's", post(f"{PLACE}/s.1/xhr", ""), Http(404, "no such session")),
    Case("an unknown transport", post(f"{PLACE}/s/flash", ""), Http(404)),
    Case("a poll with GET", get(None, f"{PLACE}/s/xhr"), Http(405)),
    Case("a stream of events with POST", post(f"{PLACE}/s/eventsource", ""), Http(405)),
    Case(
        "a WebSocket's address without a handshake",
        get(None, f"{PLACE}/s/websocket"),
        Http(400, 'Can "Upgrade" only to "WebSocket".'),
    ),
    Case(
        "a page of another origin", post(f"{PLACE}/s/xhr", "", **EVIL), Http(403, "allowed_origins")
    ),
    Case(
        "a script of another site",
        get(None, f"{PLACE}/s/jsonp?c=x", sec_fetch_site="cross-site"),
        Http(403, "allowed_origins"),
    ),
    Case(
        "a script with cookies, whose page is not known",
        get(None, f"{PLACE}/s/jsonp?c=x", cookie="a=b"),
        Http(403, "Only pages of this server"),
    ),
    Case(
        "a request in one piece with a poll",
        (post(f"{PLACE}/s/xhr", "")[0] * 2,),
        Http(400, "Nothing may follow"),
    ),
    Case(
        "what the protocol inside does not know",
        post("/connection/sockjs/0/s1/xhr", ""),
        Http(200, "c[3501,"),
        before=begun("s1", '["hello"]', place="/connection/sockjs/0"),
    ),
    Case(
        "nobody connects in time, in the protocol inside",
        post("/connection/sockjs/0/s2/xhr", ""),
        Http(200, "c[3502,"),
        before=begun("s2", place="/connection/sockjs/0"),
    ),
    Case("a WebSocket message that is not JSON", said('["x'), Closed(3501, before="c[3501,")),
    Case("a WebSocket message that is no text", said("[1]"), Closed(3501, before="c[3501,")),
    Case("a WebSocket message of bytes", said(b'["x"]'), Closed(3501, before="c[3501,")),
]
