from __future__ import annotations

import pytest

from hubbub.framings.sockjs import frames
from hubbub.model import Packet
from hubbub.sessions.contract import Carrier
from hubbub.transports.streams.sockjs import wire
from hubbub.transports.streams.wires import chunk

LINES = Packet(b'a["x"]\na["%"]\n')
SCRIPT = "application/javascript; charset=UTF-8"
WRITTEN: dict[Carrier, tuple[str, bytes, bytes]] = {
    "xhr": (SCRIPT, b"", b'a["x","%"]\n'),
    "xhr_streaming": (SCRIPT, b"h" * 2048 + b"\n", LINES.data),
    "eventsource": (
        "text/event-stream; charset=UTF-8",
        b"\r\n",
        b'data: a["x"]\r\n\r\ndata: a["%25"]\r\n\r\n',
    ),
    "htmlfile": (
        "text/html; charset=UTF-8",
        frames.document("_jp.a"),
        b'<script>\np("a[\\"x\\"]");\n</script>\r\n<script>\np("a[\\"%\\"]");\n</script>\r\n',
    ),
    "jsonp": (SCRIPT, b"", b'/**/_jp.a("a[\\"x\\",\\"%\\"]");\r\n'),
}


@pytest.mark.parametrize("carrier", list(WRITTEN))
def test_each_transport_writes_in_its_own_way(carrier: Carrier) -> None:
    media, begin, written = WRITTEN[carrier]
    new, old = wire(carrier, "1.1", "_jp.a"), wire(carrier, "1.0", "_jp.a")
    assert new.media == old.media == media
    assert (new.chunked, old.chunked) == (True, False)
    assert (new.begin, old.begin) == (chunk(begin), begin)
    assert (new.frame(LINES), old.frame(LINES)) == (chunk(written), written)


@pytest.mark.parametrize("carrier", ["xhr_streaming", "eventsource", "htmlfile"])
def test_what_goes_to_many_is_made_once(carrier: Carrier) -> None:
    one, other = wire(carrier, "1.1", "a"), wire(carrier, "1.1", "b")
    assert one.frame is other.frame
    assert one.frame(LINES) is other.frame(Packet(bytes(LINES.data)))
