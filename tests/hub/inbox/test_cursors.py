"""What a record of cursors says, beside an oracle that keeps sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.hub.inbox.cursors import (
    Cursors,
    Device,
    ahead_field,
    crowded_out,
    cursors,
    device_field,
    outdated,
    read_field,
    supernumerary,
    told_field,
)

ACKS = st.lists(st.tuples(st.integers(0, 12), st.lists(st.integers(1, 20), max_size=4)))
NAMES = st.sampled_from(["", "phone", "a:b", "7", "d:x"])


@given(ACKS, st.randoms())
def test_a_device_has_what_it_took_in_any_order(
    acks: list[tuple[int, list[int]]], chance: object
) -> None:
    device, everything = Device(), set[int]()
    for upto, offsets in acks:
        device = device.taking(upto, offsets)
        everything |= {*range(1, upto + 1), *offsets}
    other = Device()
    for upto, offsets in reversed(acks):
        other = other.taking(upto, offsets)

    assert device == other
    assert {offset for offset in range(1, 25) if device.has(offset)} == everything
    assert device.upto + 1 not in device.ahead
    assert all(offset > device.upto for offset in device.ahead)


@given(NAMES, NAMES, st.integers(0, 9), st.sets(st.integers(1, 20), max_size=5))
def test_fields_are_read_as_they_were_written(
    device: str, sender: str, upto: int, ahead: set[int]
) -> None:
    fields = {
        device_field("e1", device): b"%d" % upto,
        **{ahead_field("e1", device, offset): b"1" for offset in ahead},
        read_field("e1", None): b"3",
        read_field("e1", sender): b"5",
        told_field("e1"): b"4",
        device_field("e0", device): b"900",
        read_field("e0", None): b"900",
    }
    known = cursors(fields, "e1")

    assert known.device(device) == Device().taking(upto, ahead)
    assert known.device("unknown") == Device()
    assert (known.read, known.read_of, known.told) == (3, {sender: 5}, 4)
    assert known.is_read(5, sender)
    assert not known.is_read(5, "somebody else")
    assert known.is_acknowledged(upto) or upto == 0


def test_what_says_nothing_any_more_is_named() -> None:
    fields = {
        device_field("e1", "phone"): b"5",
        ahead_field("e1", "phone", 4): b"1",
        ahead_field("e1", "phone", 7): b"1",
        read_field("e1", None): b"6",
        read_field("e1", "ann"): b"6",
        read_field("e1", "bob"): b"7",
        told_field("e0"): b"1",
    }

    assert set(outdated(fields, "e1")) == {
        ahead_field("e1", "phone", 4),
        read_field("e1", "ann"),
        told_field("e0"),
    }


def test_the_devices_that_have_least_make_room() -> None:
    known = Cursors("e", {"a": Device(5), "b": Device(2), "c": Device(9), "": Device(2)})

    assert supernumerary(known, "new", 3) == ["", "b"]
    assert supernumerary(known, "a", 4) == []
    assert supernumerary(known, "new", 9) == []


def test_single_messages_of_other_devices_make_room() -> None:
    ahead = frozenset({11, 12, 13})
    known = Cursors(
        "e", {"a": Device(5, ahead), "b": Device(2, ahead), "c": Device(9), "d": Device(7)}
    )

    assert crowded_out(known, "c", 4, 10) == []
    assert sorted(crowded_out(known, "c", 5, 10)) == [("b", 11), ("b", 12), ("b", 13)]
    assert len(crowded_out(known, "c", 8, 10)) == 6
    assert crowded_out(known, "b", 7, 10) == []
