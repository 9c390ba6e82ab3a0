from __future__ import annotations

import json
import re
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model import Packet
from hubbub.sessions.contract import Carrier
from hubbub.transports.streams.wires import OCTETS, Wire, octets_frame, sse_frame, wire_of


def body_of(response: bytes, *, ended: bool = True) -> tuple[h11.Response, bytes]:
    """Read a response by an implementation that is not ours."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(response)
    head = client.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage) is ended
    return head, body


def events_of(stream: bytes) -> list[str]:
    """Read events as the specification says (WHATWG HTML section 9.2.6)."""
    events, data = [], ""
    for line in re.split(r"\r\n|\n|\r", stream.decode()):
        if not line:
            if data:
                events.append(data.removesuffix("\n"))
            data = ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            assert field == "data"
            data += value.removeprefix(" ") + "\n"
    return events


SSE, LINES = wire_of("sse", None, "1.1"), wire_of("http_stream", "application/json", "1.1")
BYTES = wire_of("http_stream", OCTETS, "1.1")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def written(wire: Wire, packets: list[Packet]) -> bytes:
    frames = b"".join(wire.frame(packet) for packet in packets)
    return wire.head(()) + wire.begin + wire.ping + frames + wire.end


@given(st.lists(st.tuples(values, st.sampled_from([None, 1, "\r", "\r\n"])), max_size=5))
def test_whatever_json_is_written_one_event_or_line_is_read_for_each(
    said: list[tuple[Any, Any]],
) -> None:
    packets = [Packet(json.dumps(value, indent=indent).encode()) for value, indent in said]
    wanted = [value for value, _ in said]
    _, events = body_of(written(SSE, packets))
    assert [json.loads(event) for event in events_of(events)] == wanted
    _, lines = body_of(written(LINES, packets))
    assert [json.loads(line) for line in lines.split(b"\n")[:-1]] == wanted


@given(
    st.text(alphabet=st.characters(exclude_characters="\r", exclude_categories=["Cs"]), min_size=1)
)
def test_any_text_is_an_event_line_feeds_included(text: str) -> None:
    _, body = body_of(written(SSE, [Packet(text.encode())]))
    assert events_of(body) == [text]


@given(st.lists(st.binary(), max_size=5))
def test_bytes_come_out_as_they_are_and_nothing_ends_the_stream(pieces: list[bytes]) -> None:
    packets = [Packet(piece, binary=True) for piece in pieces]
    _, body = body_of(written(BYTES, packets))
    assert body == b"".join(pieces)
    assert octets_frame(Packet(b"", binary=True)) == b""


def test_an_event_is_one_chunk() -> None:
    assert sse_frame(Packet(b'{"a":1}')) == b'f\r\ndata: {"a":1}\n\n\r\n'


@pytest.mark.parametrize(
    ("wire", "media"),
    [
        (SSE, b"text/event-stream; charset=utf-8"),
        (LINES, b"application/json"),
        (BYTES, OCTETS.encode()),
    ],
)
def test_the_head_keeps_caches_and_proxies_away(wire: Wire, media: bytes) -> None:
    greeting = (("Access-Control-Allow-Origin", "https://a.example"), ("Vary", "Origin"))
    head, _ = body_of(wire.head(greeting) + wire.begin, ended=False)
    headers = dict(head.headers)
    assert (head.status_code, headers[b"content-type"]) == (200, media)
    assert headers[b"x-accel-buffering"] == b"no"
    assert headers[b"cache-control"] == b"private, no-cache, no-store, must-revalidate, max-age=0"
    assert (headers[b"access-control-allow-origin"], headers[b"vary"]) == (
        b"https://a.example",
        b"Origin",
    )
    assert (headers[b"connection"], headers[b"transfer-encoding"]) == (b"close", b"chunked")


@pytest.mark.parametrize(
    ("carrier", "media"), [("sse", None), ("http_stream", None), ("http_stream", OCTETS)]
)
def test_before_http_1_1_there_are_no_chunks(carrier: Carrier, media: str | None) -> None:
    old, new = wire_of(carrier, media, "1.0"), wire_of(carrier, media, "1.1")
    assert b"Transfer-Encoding" not in old.head(())
    packet = Packet(b"x" * 20)
    inside = old.begin + old.ping + old.frame(packet) + old.end
    assert body_of(written(new, [packet]))[1] == inside


def test_events_begin_with_a_blank_line_and_can_be_pinged() -> None:
    assert (SSE.begin, SSE.ping) == (b"2\r\n\r\n\r\n", b"3\r\n:\n\n\r\n")
    assert (LINES.ping, BYTES.ping) == (b"", b"")


def test_everybody_of_one_kind_has_the_same_function() -> None:
    assert wire_of("sse", "whatever", "1.1").frame is SSE.frame
    assert wire_of("http_stream", None, "1.1").frame is LINES.frame
    assert len({wire.frame for wire in (SSE, LINES, BYTES)}) == 3
