"""The names in Redis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.redis.keys import Layout
from hubbub.errors import ConfigurationError

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_everything_of_a_channel_is_in_one_slot_of_a_cluster() -> None:
    layout = Layout("app", 3)
    names = layout.channel("room:1")

    assert names.meta == b"app:{0}:m:room:1"
    assert names.stream == b"app:{0}:s:room:1"
    assert names.wire == b"app:{0}:c3:room:1"
    assert layout.wires("room:") == b"app:{0}:c3:room:"
    assert layout.channel_of(names.wire) == "room:1"
    assert layout.channel_of(b"app:{0}:c3:a}:c3:b") == "a}:c3:b"
    others = [
        layout.idempotency("room:1", "key"),
        layout.members("room:1"),
        layout.nodes(),
        layout.lease_root(),
        layout.entries_root(),
        layout.occupied(),
        layout.occupied_last(),
        layout.told("token"),
        layout.record("name"),
        layout.records(),
    ]
    assert all(name.startswith(b"app:{0}:") for name in others)
    assert layout.members("room:1").startswith(layout.members_root())


@given(NAMES, NAMES, NAMES, NAMES)
def test_an_idempotency_key_belongs_to_one_channel_and_key(
    channel: str, key: str, other_channel: str, other_key: str
) -> None:
    layout = Layout("app", 0)
    same = (channel, key) == (other_channel, other_key)

    assert (
        layout.idempotency(channel, key) == layout.idempotency(other_channel, other_key)
    ) is same


@pytest.mark.parametrize("prefix", ["", "a b", "a{b", "a}b", "a\n"])
def test_a_prefix_that_breaks_the_layout_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="prefix"):
        Layout(prefix, 0)
