from __future__ import annotations

from hubbub.server.metering import Part, RequestMeter


def test_a_header_without_an_end_is_counted_though_the_parser_shows_nothing() -> None:
    meter = RequestMeter()
    meter.feeding()
    meter.begin()
    meter.add_head(10)
    assert meter.fed(100) == 100
    for fed in range(1, 6):
        meter.feeding()
        assert meter.fed(1000) == 100 + 1000 * fed
    meter.feeding()
    meter.add_head(5090)
    meter.end_head()
    assert meter.fed(50) == 5100


def test_a_body_in_front_of_the_next_head_is_not_counted_with_it() -> None:
    meter = RequestMeter()
    meter.feeding()
    meter.begin()
    meter.add_head(50)
    meter.end_head()
    assert meter.add_body(10) == 10
    assert meter.fed(60) == 50
    meter.feeding()
    assert meter.add_body(60_000) == 60_010
    meter.end()
    meter.begin()
    assert meter.fed(60_005) == 0
    assert (meter.part, meter.body) == (Part.HEAD, 0)


def test_a_second_request_in_one_segment_is_measured_by_itself() -> None:
    meter = RequestMeter()
    meter.feeding()
    for _ in range(2):
        meter.begin()
        meter.add_head(9000)
        meter.end_head()
        meter.end()
    meter.begin()
    meter.add_head(20)
    assert meter.fed(18_100) == 20
    assert meter.part is Part.HEAD


def test_trailers_and_chunk_sizes_without_an_end_are_counted() -> None:
    meter = RequestMeter()
    meter.feeding()
    meter.begin()
    meter.add_head(100)
    meter.end_head()
    assert meter.fed(200) == 100
    meter.feeding()
    assert meter.fed(500) == 600
    meter.feeding()
    assert meter.fed(500) == 1100
    meter.feeding()
    meter.add_body(1)
    assert meter.fed(500) == 100
