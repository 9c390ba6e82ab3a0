from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.hub.queues.claims import (
    DONE,
    Claims,
    claim_field,
    outstanding,
    refused_field,
    taken_field,
)
from tests.hub.stage import stage


def test_a_record_says_what_is_done_and_who_has_the_rest() -> None:
    fields = {
        taken_field("e2"): b"3",
        claim_field("e2", 2): DONE,
        claim_field("e2", 4): DONE,
        claim_field("e2", 5): b"n1",
        claim_field("e2", 6): DONE,
        refused_field("e2", 5): b"1",
        refused_field("e2", 3): b"1",
        claim_field("e1", 9): b"n1",
        taken_field("e1"): b"8",
    }
    found = outstanding(fields, "e2")
    assert (found.taken, found.reach) == (3, 4)
    assert found.claims == {4: DONE, 5: b"n1", 6: DONE}
    assert sorted(found.outdated) == ["e1:c:9", "e1:t", "e2:c:2", "e2:n:3"]
    assert found.stale("n1", {5}, {"n1"}) == []
    assert found.stale("n1", (), {"n1"}) == [5]  # it does not know that it has it
    assert found.stale("n2", (), {"n1", "n2"}) == []
    assert found.stale("n2", (), {"n2"}) == [5]


@given(st.sets(st.integers(1, 30)), st.integers(0, 10))
def test_done_is_what_is_done_without_a_hole(done: set[int], taken: int) -> None:
    fields = {claim_field("e", offset): DONE for offset in done}
    reach = outstanding({**fields, taken_field("e"): b"%d" % taken}, "e").reach
    assert {*range(taken + 1, reach + 1)} <= done
    assert reach + 1 not in done
    assert reach >= taken


async def test_one_of_two_nodes_gets_it() -> None:
    async with stage() as place:
        one, two = (Claims(place.broker.records, "q", node) for node in ("n1", "n2"))
        one.epoch = two.epoch = "e"
        assert await one.claim(1)
        assert not await two.claim(1)
        await two.release(1)  # it is not its own
        assert not await two.claim(1)
        await one.release(1)
        assert await two.claim(1)
        await one.release(1, "n2")  # that one is no more
        assert await one.claim(1)
        await one.finish(1)
        assert not await two.claim(1)


async def test_what_is_done_is_never_taken_again() -> None:
    async with stage() as place:
        one, two = (Claims(place.broker.records, "q", node) for node in ("n1", "n2"))
        one.epoch = two.epoch = "e"
        assert await one.claim(1)
        await one.finish(1)
        await one.pass_over(1)
        await one.tidy((await one.look()).outdated)
        assert await place.broker.records.get("queue:q") == {"e:t": b"1"}
        assert not await two.claim(1)
        assert await place.broker.records.get("queue:q") == {"e:t": b"1"}


async def test_refusals_are_counted() -> None:
    async with stage() as place:
        claims = Claims(place.broker.records, "q", "n1")
        assert [await claims.refused(7) for _ in range(3)] == [1, 2, 3]
