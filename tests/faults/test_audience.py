"""The account of pushes finds what may go wrong; for what it says of a server depends on that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.audience import Audience, Pushed, Visitor

DELIVERED = {"status": "delivered", "num_sessions": 1}
OFFLINE = {"status": "offline"}


def made(answer: dict[str, Any] | None, *heard: tuple[str, str]) -> Audience:
    """Return the account of a push to ann, who was there all the time; the second push shows that.

    Args:
        answer: what was answered to it. heard: who heard it, and in which session.
    """
    ann, bob = Visitor("ann", ["beta"]), Visitor("bob", ["beta"])
    audience = Audience((), (ann, bob))
    ann.sessions["a"], bob.sessions["b"] = audience.step(), audience.step()
    steps = [audience.step() for _ in range(4)]
    audience.pushes += [
        Pushed({"user": "ann"}, steps[0], steps[1], answer),
        Pushed({"everybody": True}, steps[2], steps[3], {**DELIVERED, "num_sessions": 2}),
    ]
    for visitor, session in ((ann, "a"), (bob, "b")):
        visitor.heard = [(session, 0) for name, _ in heard if name == visitor.user]
        visitor.heard.append((session, 1))
    return audience


def test_what_went_well_is_no_fault() -> None:
    assert made(DELIVERED, ("ann", "a")).faults() == []
    assert made(None, ("ann", "a")).faults() == []
    assert made(None).faults() == []


@pytest.mark.parametrize(
    ("account", "fault"),
    [
        (made(DELIVERED, ("ann", "a"), ("ann", "a")), "came 2 times"),
        (made(DELIVERED, ("bob", "b")), "came to b"),
        (made(OFFLINE), "did not come to a"),
        (made({**DELIVERED, "num_sessions": 2}, ("ann", "a")), "came to 1, and was answered"),
        (made(OFFLINE, ("ann", "a")), "came to 1, and was answered"),
    ],
    ids=["twice", "to another one", "to nobody", "to fewer", "offline and heard"],
)
def test_what_went_wrong_is_found(account: Audience, fault: str) -> None:
    assert any(fault in each for each in account.faults())


def test_who_may_have_left_is_not_missed() -> None:
    audience = made(OFFLINE)
    audience.visitors[0].heard.clear()
    audience.pushes.pop()
    for visitor in audience.visitors:
        visitor.heard.clear()
    assert audience.faults() == []


def test_members_of_groups_are_known() -> None:
    audience = made(DELIVERED, ("bob", "b"))
    audience.users_in["team"].add("ann")
    audience.pushes[0] = Pushed({"group": "team"}, 3, 4, DELIVERED)
    assert any("came to b" in each for each in audience.faults())
    audience.joined["team"]["b"] = 2
    assert audience.faults() == ["push 0 for {'group': 'team'} did not come to a"]
