from __future__ import annotations

import pytest

from hubbub.cli.load.plan import Crowd, LoadError, Pace, Plan, check, target_of


@pytest.mark.parametrize(
    ("url", "target", "speech"),
    [
        ("ws://localhost:8000", "ws://localhost:8000/ws/{channel}", "text"),
        ("localhost:8000", "ws://localhost:8000/ws/{channel}", "text"),
        ("http://localhost:8000/", "ws://localhost:8000/ws/{channel}", "text"),
        ("wss://chat.example", "wss://chat.example:443/ws/{channel}", "text"),
        ("ws://h:1/connection/websocket", "ws://h:1/connection/websocket", "centrifuge"),
        ("ws://h:1/webws?channel={channel}", "ws://h:1/webws?channel={channel}", "text"),
    ],
)
def test_urls_are_completed(url: str, target: str, speech: str) -> None:
    read = target_of(url, "auto", rooms=1)

    assert str(read) == target
    assert read.speech.name == speech


def test_a_protocol_brings_its_path() -> None:
    assert target_of("ws://h:1", "centrifuge", 5).path == "/connection/websocket"


def test_a_channel_is_quoted_in_the_path() -> None:
    assert target_of("ws://h:1", "text", 1).resource("a/b c") == "/ws/a%2Fb%20c"


@pytest.mark.parametrize(
    ("url", "protocol", "rooms", "sentence"),
    [
        ("ftp://h", "auto", 1, "is not a WebSocket URL"),
        ("ws://", "auto", 1, "is not a WebSocket URL"),
        ("ws://h:99999", "auto", 1, "has no valid port"),
        ("ws://h", "smoke", 1, "no protocol is called 'smoke'; there are text, centrifuge"),
        ("ws://h/ws/lobby", "auto", 2, "2 rooms need {channel} in the URL's path"),
    ],
)
def test_wrong_urls_are_explained(url: str, protocol: str, rooms: int, sentence: str) -> None:
    with pytest.raises(LoadError) as caught:
        target_of(url, protocol, rooms)

    assert sentence in str(caught.value)


def plan(*, connections: int = 10, rooms: int = 2, publishers: int = 1, size: int = 90) -> Plan:
    return Plan(
        target_of("ws://h", "text", rooms),
        Crowd(connections, rooms, publishers, "bench"),
        Pace(rate=0, in_flight=1, seconds=1, messages=0, size=size, grace_s=1),
    )


def test_a_crowd_spreads_evenly() -> None:
    crowd = plan().crowd

    assert [crowd.room_of(number) for number in range(5)] == [0, 1, 0, 1, 0]
    assert [number for number in range(10) if crowd.speaks(number)] == [0, 1]
    assert [crowd.channel_of(room) for room in range(2)] == ["bench-0", "bench-1"]
    assert Crowd(10, 1, 1, "bench").channel_of(0) == "bench"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (plan(connections=1), "2 rooms need at least as many connections, and there are 1"),
        (plan(publishers=6), "a room has 5 connections, fewer than the 6 publishers"),
        (plan(size=20), "a message needs 64 bytes"),
    ],
)
def test_contradictions_are_explained(wrong: Plan, sentence: str) -> None:
    with pytest.raises(LoadError) as caught:
        check(wrong)

    assert sentence in str(caught.value)


def test_a_sound_plan_passes() -> None:
    check(plan(connections=2))
