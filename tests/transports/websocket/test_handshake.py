from __future__ import annotations

import pytest
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.http11 import Request as TheirRequest
from websockets.protocol import OPEN
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from hubbub.sessions.contract import Refusal
from hubbub.transports.requests import fold_headers
from hubbub.transports.websocket.deflate import negotiate
from hubbub.transports.websocket.handshake import (
    Offer,
    accept_response,
    accept_token,
    read_offer,
)
from tests.transports.wire import HEAD, KEY


def headers(**changed: str | None) -> dict[str, str]:
    """Return a good handshake's headers, with some changed, or left out where they are None."""
    chosen: dict[str, str | None] = {name.lower(): value for name, value in HEAD.items()}
    chosen.update({name.replace("_", "-"): value for name, value in changed.items()})
    return {name: value for name, value in chosen.items() if value is not None}


def test_the_accept_token_is_that_of_the_specification() -> None:
    """RFC 6455 section 1.3."""
    assert accept_token(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


GOOD = [
    ({}, ()),
    ({"connection": "upgrade"}, ()),
    ({"upgrade": "WebSocket"}, ()),
    ({"upgrade": "h2c, websocket"}, ()),
    ({"content_length": "0"}, ()),
    ({"sec_websocket_protocol": ""}, ()),
    ({"sec_websocket_protocol": " , ,"}, ()),
    ({"sec_websocket_protocol": "v12.stomp,v11.stomp , ,a"}, ("v12.stomp", "v11.stomp", "a")),
]


@pytest.mark.parametrize(("changed", "subprotocols"), GOOD)
def test_a_good_handshake_is_an_offer(
    changed: dict[str, str], subprotocols: tuple[str, ...]
) -> None:
    assert read_offer(b"GET", "1.1", headers(**changed)) == Offer(
        accept_token(KEY), subprotocols, ""
    )


BAD: list[tuple[dict[str, str | None], int, str]] = [
    ({"host": None}, 400, "Host"),
    ({"host": "a, b"}, 400, "Host"),
    ({"upgrade": None}, 400, "Upgrade header"),
    ({"upgrade": "h2c"}, 400, "Upgrade header"),
    ({"connection": None}, 400, "Connection header"),
    ({"connection": "keep-alive"}, 400, "Connection header"),
    ({"sec_websocket_version": None}, 426, "is missing"),
    ({"sec_websocket_version": "8"}, 426, "not 8"),
    ({"sec_websocket_version": "13, 8"}, 426, "not 13, 8"),
    ({"sec_websocket_key": None}, 400, "Sec-WebSocket-Key"),
    ({"sec_websocket_key": ""}, 400, "Sec-WebSocket-Key"),
    ({"sec_websocket_key": "c2hvcnQ="}, 400, "Sec-WebSocket-Key"),
    ({"sec_websocket_key": KEY[:-2]}, 400, "Sec-WebSocket-Key"),
    ({"sec_websocket_key": KEY + ", " + KEY}, 400, "Sec-WebSocket-Key"),
    ({"sec_websocket_key": "é" * 24}, 400, "Sec-WebSocket-Key"),
    ({"content_length": "5"}, 400, "body"),
    ({"transfer_encoding": "chunked"}, 400, "body"),
]


@pytest.mark.parametrize(("changed", "status", "says"), BAD)
def test_a_bad_handshake_is_refused_with_a_sentence(
    changed: dict[str, str | None], status: int, says: str
) -> None:
    refusal = read_offer(b"GET", "1.1", headers(**changed))
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    assert says in refusal.reason
    assert refusal.reason.endswith(".")


def test_a_wrong_method_http_version_or_websocket_version_says_what_is_right() -> None:
    post = read_offer(b"POST", "1.1", headers())
    old = read_offer(b"GET", "1.0", headers())
    version = read_offer(b"GET", "1.1", headers(sec_websocket_version="7"))
    assert isinstance(post, Refusal)
    assert isinstance(old, Refusal)
    assert isinstance(version, Refusal)
    assert (post.status, post.headers) == (405, (("Allow", "GET"),))
    assert (old.status, "HTTP/1.1" in old.reason) == (400, True)
    assert ("Sec-WebSocket-Version", "13") in version.headers


@pytest.mark.parametrize("subprotocol", [None, "v12.stomp"])
@pytest.mark.parametrize("compression", [False, True])
def test_websockets_accepts_the_response(subprotocol: str | None, compression: bool) -> None:
    """The client of an implementation that is not ours checks every header."""
    client = ClientProtocol(
        parse_uri("ws://hubbub.test/ws"),
        subprotocols=[Subprotocol("v12.stomp"), Subprotocol("v11.stomp")],
        extensions=[ClientPerMessageDeflateFactory()] if compression else None,
    )
    request: TheirRequest = client.connect()
    raw = [(name.lower().encode(), value.encode()) for name, value in request.headers.raw_items()]
    offer = read_offer(b"GET", "1.1", fold_headers(raw))
    assert isinstance(offer, Offer)
    assert offer.subprotocols == ("v12.stomp", "v11.stomp")
    agreement = negotiate(offer.extensions)
    assert (agreement is not None) is compression
    client.send_request(request)
    client.receive_data(accept_response(offer, subprotocol, agreement))
    assert client.handshake_exc is None
    assert client.state is OPEN
    assert client.subprotocol == subprotocol
    assert bool(client.extensions) is compression
