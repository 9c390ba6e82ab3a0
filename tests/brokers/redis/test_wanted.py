"""Who waits for which names, and until when."""

from __future__ import annotations

from hubbub.brokers.redis.wanted import Wanted


async def test_a_wait_ends_when_all_its_names_stand() -> None:
    wanted = Wanted("SUBSCRIBE", "UNSUBSCRIBE", batch=2)
    one, two = wanted.want([b"a", b"b", b"c"]), wanted.want([b"c"])
    assert one is not None
    assert two is not None
    assert wanted.commands() == [("SUBSCRIBE", b"a", b"b"), ("SUBSCRIBE", b"c")]
    wanted.confirm(b"a", stands=True)
    wanted.confirm(b"c", stands=True)
    assert (one.done.done(), two.done.done()) == (False, True)
    wanted.confirm(b"b", stands=True)
    assert one.done.done()
    assert wanted.want([b"a", b"c"]) is None
    assert wanted.stands(b"b")


async def test_who_gives_up_releases_what_nobody_else_waits_for() -> None:
    wanted = Wanted("PSUBSCRIBE", "PUNSUBSCRIBE", batch=10)
    one, two = wanted.want([b"a", b"b"]), wanted.want([b"b"])
    assert one is not None
    wanted.give_up(one)
    assert (b"a" in wanted, b"b" in wanted) == (False, True)
    assert wanted.commands() == [("PSUBSCRIBE", b"b")]
    wanted.confirm(b"b", stands=True)
    assert two is not None
    assert two.done.done()


async def test_after_an_interruption_all_that_is_wanted_is_asked_for_again() -> None:
    wanted = Wanted("SUBSCRIBE", "UNSUBSCRIBE", batch=10)
    waiter = wanted.want([b"a", b"b"])
    assert waiter is not None
    wanted.commands()
    wanted.confirm(b"a", stands=True)
    wanted.release(b"b")
    wanted.interrupt()
    assert waiter.done.done()
    assert not wanted.stands(b"a")
    assert wanted.commands() == [("SUBSCRIBE", b"a")]
