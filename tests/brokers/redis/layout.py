"""Frames by hand, as `scripts/channel.lua` writes them."""

from __future__ import annotations

from hubbub.brokers.contract import Entry


def entry_frame(entry: Entry) -> bytes:
    fields = [
        (1, 1),
        (entry.offset, 8),
        (entry.tag, 4),
        (entry.previous, 4),
        (entry.time, 8),
        (len(entry.epoch), 1),
        (len(entry.payload), 4),
    ]
    head = b"".join(value.to_bytes(size, "big") for value, size in fields)
    return head + entry.epoch.encode() + entry.payload
