"""Frames on their way to the receiver."""

from __future__ import annotations

from structlog.testing import capture_logs

from hubbub.brokers.contract import Entry
from hubbub.brokers.redis.delivery import Delivery
from hubbub.brokers.redis.frames import encode_announcement
from tests.brokers.redis.layout import entry_frame
from tests.contracts.broker_stage import Recorder

ENTRY = Entry("epoch", 1, 2, 0, 4, b"x")


class Fragile(Recorder):
    """A receiver that breaks its promise once."""

    def on_entry(self, channel: str, entry: Entry) -> None:
        if entry.payload == b"bad":
            raise RuntimeError("a bug of the receiver")
        super().on_entry(channel, entry)


def test_entries_announcements_and_probes_go_their_ways() -> None:
    seen, probes = Recorder(), list[bytes]()
    delivery = Delivery(seen, probes.append, seen.on_restored)
    delivery.deliver("room", entry_frame(ENTRY))
    delivery.deliver("room", encode_announcement(b"a"))
    delivery.take_probe(entry_frame(ENTRY))
    delivery.on_restored()

    assert seen.deliveries == {"room": [("entry", ENTRY), ("announcement", b"a")]}
    assert (probes, seen.restored) == ([b"x"], 1)


def test_foreign_messages_are_skipped_and_logged_once_without_their_content() -> None:
    seen, probes = Recorder(), list[bytes]()
    delivery = Delivery(seen, probes.append, seen.on_restored)
    with capture_logs() as logs:
        for foreign in (b"", b"secret", b"\x01secret", b"\x02secret", entry_frame(ENTRY) + b"x"):
            delivery.deliver("room", foreign)
            delivery.take_probe(foreign)
        delivery.deliver("room", entry_frame(ENTRY))

    assert seen.entries("room") == [ENTRY]
    assert probes == []
    assert len(logs) == 1
    assert logs[0]["channel"] == "room"
    assert "secret" not in str(logs)


def test_a_receiver_that_raises_does_not_stop_the_others() -> None:
    seen = Fragile()
    delivery = Delivery(seen, lambda payload: None, seen.on_restored)
    with capture_logs() as logs:
        delivery.deliver("room", entry_frame(Entry("epoch", 1, 2, 0, 4, b"bad")))
        delivery.deliver("room", entry_frame(ENTRY))

    assert seen.entries("room") == [ENTRY]
    assert [log["log_level"] for log in logs] == ["error"]
