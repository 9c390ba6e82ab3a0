from __future__ import annotations

from starlette.types import Send

from hubbub.errors import SHUTDOWN
from hubbub.model import Packet
from hubbub.transports.asgi.carrier import EventCarrier
from hubbub.transports.asgi.stream import AsgiStream
from hubbub.transports.streams.protocol import StreamSettings
from hubbub.transports.streams.wires import Wire, line, sse_event, wire_of
from tests.transports.asgi.carrying import Make, carrying
from tests.transports.wire import Recorder, until

SETTINGS = StreamSettings(close_timeout_s=0.05, high_water=1000)
EVENTS, LINES = wire_of("sse", None, "1.0"), wire_of("http_stream", None, "1.0")


def stream_of(wire: Wire) -> Make:
    def make(talk: Recorder, send: Send) -> EventCarrier:
        return AsgiStream(talk, Packet(b"hello"), wire, SETTINGS, send)

    return make


def part(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def test_what_was_said_first_is_heard_first_and_answers_are_parts_of_the_body() -> None:
    async with carrying(stream_of(EVENTS)) as stage:
        stage.carrier.send(Packet(b"one"))
        stage.carrier.write(sse_event(Packet(b"two")) + sse_event(Packet(b"three")))
        sent = list(await stage.server.told(2))

    assert stage.talk.packets == [Packet(b"hello")]
    assert sent == [part(b"data: one\n\n"), part(b"data: two\n\ndata: three\n\n")]
    assert stage.carrier.says_close is False


async def test_a_reader_that_leaves_ends_it() -> None:
    async with carrying(stream_of(LINES)) as stage:
        stage.server.say("http.request", body=b"more", more_body=False)
        stage.server.say("http.disconnect")
        assert [close.code for close in await stage.ended()] == [1006]


async def test_an_end_stands_behind_all_that_is_queued() -> None:
    async with carrying(stream_of(LINES)) as stage:
        stage.carrier.send(Packet(b"last words"))
        stage.carrier.close(SHUTDOWN)
        stage.carrier.send(Packet(b"too late"))
        await stage.server.told(2)
        stage.server.say("http.disconnect")
        assert await stage.ended() == [SHUTDOWN]

    assert stage.server.sent == [
        part(line(Packet(b"last words"))),
        {"type": "http.response.body", "body": b""},
    ]


async def test_a_ping_is_what_readers_skip_and_counts_as_life_once_it_is_taken() -> None:
    async with carrying(stream_of(EVENTS)) as stage:
        stage.carrier.ping()
        sent = list(await stage.server.told(1))
        await until(lambda: stage.carrier.backlog() == 0)
        behind = list(stage.talk.told)

    async with carrying(stream_of(LINES)) as silent:
        silent.carrier.ping()

        assert silent.server.sent == []
        assert silent.talk.told == ["opened", "heard"]
    assert sent == [part(b":\n\n")]
    assert behind == ["opened"]
