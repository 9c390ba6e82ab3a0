"""When a probe goes out, and what its absence means; time is made up."""

from __future__ import annotations

from hubbub.brokers.redis.probe import Probe, Step


def make() -> Probe:
    return Probe(silence_s=5.0, timeout_s=4.0, every_s=30.0, now=100.0)


def test_silence_is_probed() -> None:
    probe = make()

    assert probe.step(104.9) is Step.NOTHING
    probe.heard(104.0)
    assert probe.step(108.9) is Step.NOTHING
    assert probe.step(109.0) is Step.SEND


def test_a_busy_feed_is_probed_now_and_then() -> None:
    probe = make()
    for second in range(101, 130):
        probe.heard(second)
        assert probe.step(second) is Step.NOTHING
    probe.heard(130.0)

    assert probe.step(130.0) is Step.SEND


def test_a_probe_that_returns_measures_the_round() -> None:
    probe = make()
    payload = probe.sent(105.0)

    assert probe.step(105.1) is Step.NOTHING
    assert probe.returned(payload, 105.25)
    assert (probe.round_trip_s, probe.failure) == (0.25, "")
    assert probe.step(110.0) is Step.SEND


def test_a_probe_that_does_not_return_condemns_the_connections_once() -> None:
    probe = make()
    probe.sent(105.0)

    assert probe.step(108.9) is Step.NOTHING
    assert probe.step(109.0) is Step.RECONNECT
    assert "not back after 4 s" in probe.failure
    assert probe.step(109.1) is Step.NOTHING
    assert probe.step(114.0) is Step.SEND


def test_the_failure_stands_until_a_probe_returns() -> None:
    probe = make()
    old = probe.sent(105.0)
    probe.step(109.0)
    new = probe.sent(114.0)

    assert not probe.returned(old, 114.1)
    assert probe.failure
    assert probe.returned(new, 114.2)
    assert not probe.returned(new, 114.3)
    assert probe.failure == ""


def test_a_probe_that_could_not_be_published_is_told_with_its_reason() -> None:
    probe = make()
    probe.sent(105.0)
    probe.fail("read-only")

    assert probe.failure == "read-only"
    assert probe.step(109.9) is Step.NOTHING
    assert probe.step(110.0) is Step.SEND
