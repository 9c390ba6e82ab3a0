from __future__ import annotations

import pytest

from hubbub.errors import FORCE_DISCONNECT, INVALID_TOKEN, Close
from hubbub.sessions.identity import Identity
from hubbub.sessions.revoking.expulsion import expel
from hubbub.sessions.revoking.revoked import Revocation, Scope
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.sessions.stage import Floor, floor

PEOPLE = {
    "old": Identity("ann", issued_at=90, token_id="t1", by_token=True),
    "new": Identity("ann", issued_at=101, token_id="t2", by_token=True),
    "unproven": Identity("ann"),
    "bob": Identity("bob", issued_at=90, token_id="t3", by_token=True),
    "nobody": Identity(),
}


def come(place: Floor) -> dict[str, tuple[Session, Carrier]]:
    """Let everybody in."""
    people = {name: place.plain("") for name in PEOPLE}
    for name, (session, _) in people.items():
        session.become(PEOPLE[name])
    return people


@pytest.mark.parametrize(
    ("scope", "name", "gone", "close"),
    [
        (Scope.USER, "ann", {"old", "unproven"}, INVALID_TOKEN),
        (Scope.USER, "cid", set(), INVALID_TOKEN),
        (Scope.TOKEN, "t2", {"new"}, INVALID_TOKEN),
        (Scope.TOKEN, "t9", set(), INVALID_TOKEN),
    ],
)
async def test_who_was_revoked_is_sent_away_for_good(
    scope: Scope, name: str, gone: set[str], close: Close
) -> None:
    async with floor() as place:
        people = come(place)
        expel(place.registry, Revocation(scope, name, 100, 1000))
        closes = {name: carrier.closes for name, (_, carrier) in people.items()}
        assert closes == {name: [close] if name in gone else [] for name in people}
        assert not close.reconnect
        assert len(place.registry) == len(people) - len(gone)


async def test_one_session_may_be_revoked_alone() -> None:
    async with floor() as place:
        people = come(place)
        session, carrier = people["new"]
        expel(place.registry, Revocation(Scope.SESSION, session.id, 100, 1000))
        expel(place.registry, Revocation(Scope.SESSION, session.id, 100, 1000))
        expel(place.registry, Revocation(Scope.SESSION, "elsewhere", 100, 1000))
        assert carrier.closes == [FORCE_DISCONNECT]
        assert len(place.registry) == len(people) - 1


@pytest.mark.parametrize("scope", [Scope.LOGIN, Scope.LOGINS])
async def test_who_leaves_the_admin_page_ends_no_session(scope: Scope) -> None:
    async with floor() as place:
        session, _ = place.plain("ann")
        for name in (session.id, "ann"):
            expel(place.registry, Revocation(scope, name, 2**40, 2**41))
        assert not session.gone


async def test_one_that_cannot_be_ended_saves_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async with floor() as place:
        people = come(place)

        def broken(close: Close) -> None:
            raise OSError("it does not let go")

        session, old = people["old"]
        monkeypatch.setattr(old, "close", broken)
        expel(place.registry, Revocation(Scope.USER, "ann", 100, 1000))
        assert session.gone
        assert people["unproven"][1].closes == [INVALID_TOKEN]
