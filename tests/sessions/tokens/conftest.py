from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hubbub.sessions.tokens import Verifier
from tests.fakes.clock import JumpingClock
from tests.sessions.tokens.key_server import KeyHouse, key_house
from tests.sessions.tokens.rotation import OLD, settings


@pytest.fixture
async def house() -> AsyncIterator[KeyHouse]:
    """Run a key server that has the old key."""
    async with key_house() as house:
        house.says_keys(OLD)
        yield house


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
async def known(house: KeyHouse, clock: JumpingClock) -> AsyncIterator[Verifier]:
    """Return a verifier that has only the key server."""
    known = Verifier(clock, settings(house))
    yield known
    await known.close()
