from __future__ import annotations

from itertools import product

import pytest

from hubbub.errors import Refused
from hubbub.hub.grants import Operation, allow
from hubbub.hub.namespaces import Audience, Namespace

GRANTED = {
    (Audience.EVERYONE, "", False),
    (Audience.EVERYONE, "", True),
    (Audience.EVERYONE, "ann", False),
    (Audience.EVERYONE, "ann", True),
    (Audience.USERS, "ann", False),
    (Audience.USERS, "ann", True),
    (Audience.SUBSCRIBERS, "", True),
    (Audience.SUBSCRIBERS, "ann", True),
}


def outcome(namespace: Namespace, operation: Operation, user: str, subscribed: bool) -> int:
    try:
        allow(namespace, operation, user, subscribed)
    except Refused as refusal:
        return refusal.error.code
    return 0


@pytest.mark.parametrize("operation", list(Operation))
def test_the_whole_table(operation: Operation) -> None:
    for audience, user, subscribed in product(Audience, ("", "ann"), (False, True)):
        namespace = Namespace(
            subscribe=audience, publish=audience, history=audience, see_presence=audience
        )
        wanted = 0 if (audience, user, subscribed) in GRANTED else 103
        assert outcome(namespace, operation, user, subscribed) == wanted


def test_a_missing_feature_is_not_available_whoever_asks() -> None:
    bare = Namespace(history_size=0, presence=False)
    assert outcome(bare, Operation.HISTORY, "ann", True) == 108
    assert outcome(bare, Operation.PRESENCE, "ann", True) == 108
    assert outcome(bare, Operation.PUBLISH, "ann", True) == 0
