"""The counters of the SQLite engine: a group that fails has never been."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.local import Keys, Rounds
from hubbub.brokers.sqlite.ledger import TRIM_BATCH, Counter, Ledger
from hubbub.model import Position, Retention

CHANNELS = ("a", "b", "c")
KEEP = Retention(size=5, age_s=60.0)

Act = tuple[str, str, int]

ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["publish", "publish", "unkept", "keyed", "born", "remove", "drop", "expire"]
        ),
        st.sampled_from(CHANNELS),
        st.integers(0, 3),
    ),
    max_size=8,
)
GROUPS = st.lists(st.tuples(ACTS, st.booleans()), max_size=12)


def new_ledger() -> Ledger:
    """Return an empty ledger."""
    return Ledger(Keys(300.0), Rounds(60.0))


def act(ledger: Ledger, acts: Iterable[Act], now: tuple[int, float]) -> None:
    """Do some things in a group."""
    for verb, channel, number in acts:
        if verb == "publish":
            ledger.publish(channel, b"x", KEEP, "", now)
        elif verb == "unkept":
            ledger.publish(channel, b"x", Retention(), "", now)
        elif verb == "keyed":
            ledger.publish(channel, b"x", KEEP, f"key {number}", now)
        elif verb == "born":
            ledger.born(channel, now[0])
        elif verb == "remove":
            ledger.remove_history(channel)
        elif verb == "drop":
            ledger.drop(channel)
        else:
            ledger.expire_keys(now[1] + number * 100.0)


def state(ledger: Ledger) -> dict[str, Counter | None]:
    """Return all counters as they are."""
    counters = {channel: ledger.find(channel) for channel in CHANNELS}
    return {channel: counter and counter.copy() for channel, counter in counters.items()}


@given(groups=GROUPS)
def test_a_rolled_back_group_leaves_the_counters_as_they_were(
    groups: list[tuple[list[Act], bool]],
) -> None:
    """Whatever a group did, in whatever order, its failure restores every counter and ends its changes."""
    ledger = new_ledger()
    for number, (acts, succeeds) in enumerate(groups):
        before = state(ledger)
        # The clock stands still, so that the time of the last use, which is not written, tells nothing.
        act(ledger, acts, (1000, 1000.0 + number))
        if succeeds:
            ledger.commit(0.0)
        else:
            ledger.rollback(0.0)
            assert before == state(ledger)
        assert not ledger.changes


@given(groups=GROUPS)
def test_the_changes_are_what_a_file_needs(groups: list[tuple[list[Act], bool]]) -> None:
    """A file that took every group's changes holds the same counters, and each offset once."""
    ledger = new_ledger()
    file: dict[str, Counter] = {}
    entries: dict[tuple[int, int], bytes] = {}
    keys: set[int] = set()
    for acts, succeeds in groups:
        act(ledger, acts, (1000, 1000.0))
        changes = ledger.changes
        if not succeeds:
            ledger.rollback(0.0)
            continue
        for dropped in changes.dropped:
            file = {name: counter for name, counter in file.items() if counter.number != dropped}
        for number, offset, *_, payload in changes.entries:
            assert (number, offset) not in entries
            entries[number, offset] = payload
        for ident, *_ in changes.keys:
            assert ident not in keys
            keys.add(ident)
        for name, counter in changes.counters.items():
            file[name] = counter.copy()
        ledger.commit(0.0)
        assert file == {name: counter for name, counter in state(ledger).items() if counter}


def test_a_rolled_back_key_can_be_used_again() -> None:
    """A key of a failed group is not remembered, the one before it is."""
    ledger = new_ledger()
    first, _ = ledger.publish("a", b"x", KEEP, "first", (0, 0.0))
    ledger.commit(0.0)
    ledger.publish("a", b"x", KEEP, "second", (0, 0.0))
    ledger.rollback(0.0)

    assert (first, None) == ledger.publish("a", b"x", KEEP, "first", (0, 0.0))
    place, entry = ledger.publish("a", b"x", KEEP, "second", (0, 0.0))
    assert entry is not None
    assert place.offset == 2


def test_a_failed_deletion_of_keys_is_asked_for_again() -> None:
    """Old keys leave the file at the next chance when the first one failed."""
    ledger = new_ledger()
    for number in range(3):
        ledger.publish("a", b"x", KEEP, f"{number}", (0, 0.0))
    ledger.commit(0.0)
    ledger.expire_keys(301.0)
    assert ledger.changes.keys_before == 4
    ledger.rollback(0.0)
    ledger.expire_keys(301.0)
    assert ledger.changes.keys_before == 4


def test_trimming_waits_for_a_batch() -> None:
    """Readers see the size at once, by the floor; the file is asked to delete only now and then."""
    ledger = new_ledger()
    trims = 0
    for number in range(1, 201):
        ledger.publish("a", b"x", KEEP, "", (0, 0.0))
        trims += len(ledger.changes.trims)
        ledger.commit(0.0)
        counter = ledger.find("a")
        assert counter is not None
        assert max(number - KEEP.size, 0) == counter.floor
        assert counter.floor - counter.deleted < TRIM_BATCH
    assert trims == 195 // TRIM_BATCH


def test_what_is_not_kept_is_not_written() -> None:
    """A channel without history writes its counter and nothing else."""
    ledger = new_ledger()
    ledger.publish("a", b"x", Retention(), "", (0, 0.0))

    assert (ledger.changes.entries, ledger.changes.trims) == ([], {})
    assert list(ledger.changes.counters) == ["a"]


def test_loaded_counters_and_keys_go_on() -> None:
    """After a restart numbers, ids, offsets and keys go on where they were."""
    ledger = new_ledger()
    ledger.load_counter("a", Counter(7, "epoch", 41, 99, 0, 0, 60_000.0, 0), 0.0)
    ledger.load_key(5, "a", "key", Position("epoch", 41, 99), 0.0)
    assert (Position("epoch", 41, 99), None) == ledger.publish("a", b"x", KEEP, "key", (0, 299.0))
    place, entry = ledger.publish("a", b"x", KEEP, "other", (0, 299.0))

    assert entry is not None
    assert (place.epoch, place.offset, entry.previous) == ("epoch", 42, 99)
    assert ledger.born("b", 0).number == 8
    assert [ident for ident, *_ in ledger.changes.keys] == [6]
