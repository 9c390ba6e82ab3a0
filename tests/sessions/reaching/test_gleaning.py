"""Going through all groups, a few at a time."""

from __future__ import annotations

import pytest

from hubbub.errors import BrokerUnavailable
from hubbub.hub.chores import Chores
from hubbub.sessions.reaching import gleaning
from hubbub.sessions.reaching.gleaning import LOOK_S, Gleaning
from tests.hub.stage import turn


class Field:
    """Groups, and which of them were met."""

    def __init__(self, *groups: str) -> None:
        self.groups = sorted(groups)
        self.met: list[str] = []
        self.away = False
        self.gleaning = Gleaning(self.names, self.meet, Chores())

    async def names(self, prefix: str, after: str, limit: int) -> list[str]:
        if self.away:
            raise BrokerUnavailable("it is away")
        return [each for each in self.groups if each > after][:limit]

    async def meet(self, group: str) -> None:
        self.met.append(group)

    async def look(self) -> str:
        for _ in range(LOOK_S):
            self.gleaning.tick()
        await turn(9)
        met, self.met = "".join(self.met), []
        return met


async def test_all_groups_are_met_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gleaning, "GROUPS_AT_ONCE", 2)
    field = Field(*"abcde")
    assert [await field.look() for _ in range(4)] == ["ab", "cd", "e", "ab"]
    field.away = True
    assert await field.look() == ""
    field.away = False
    assert await field.look() == "cd"
    field.groups = list("ab")
    assert [await field.look() for _ in range(2)] == ["", "ab"]


async def test_nothing_is_asked_for_in_between() -> None:
    field = Field("a")
    for _ in range(LOOK_S - 1):
        field.gleaning.tick()
    await turn(9)
    assert field.met == []
