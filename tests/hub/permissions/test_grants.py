from __future__ import annotations

from itertools import product

import pytest

from hubbub.errors import Refused
from hubbub.hub.permissions.grants import Standing, allow, users_of
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.hub.permissions.permission import Operation, Permission

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


def outcome(
    namespace: Namespace,
    operation: Operation,
    user: str,
    subscribed: bool,
    channel: str = "room",
    *permissions: Permission,
) -> int:
    try:
        allow(namespace, channel, operation, Standing(user, subscribed, permissions))
    except Refused as refusal:
        return refusal.error.code
    return 0


@pytest.mark.parametrize("operation", list(Operation))
def test_the_whole_table(operation: Operation) -> None:
    for audience, user, subscribed in product(Audience, ("", "ann"), (False, True)):
        namespace = Namespace(
            subscribe=audience,
            publish=audience,
            history=audience,
            see_presence=audience,
            moderate=audience,
        )
        wanted = 0 if (audience, user, subscribed) in GRANTED else 103
        assert outcome(namespace, operation, user, subscribed) == wanted


def test_a_missing_feature_is_not_available_whoever_asks() -> None:
    bare = Namespace(history_size=0, presence=False)
    assert outcome(bare, Operation.HISTORY, "ann", True) == 108
    assert outcome(bare, Operation.PRESENCE, "ann", True) == 108
    assert outcome(bare, Operation.PUBLISH, "ann", True) == 0


OPEN = Namespace(moderate=Audience.EVERYONE)
CLOSED = Namespace(
    subscribe=Audience.NOBODY,
    publish=Audience.NOBODY,
    history=Audience.NOBODY,
    see_presence=Audience.NOBODY,
)
NEWS = Permission(("news:*",), frozenset({Operation.SUBSCRIBE, Operation.HISTORY}), wildcard=True)


@pytest.mark.parametrize("operation", list(Operation))
def test_a_channel_with_users_in_its_name_is_theirs_alone(operation: Operation) -> None:
    everything = Permission(("*",), frozenset(Operation), wildcard=True)
    for channel in ("dialog#ann,bob", "x:dialog#ann,bob", "#ann,bob"):
        assert outcome(OPEN, operation, "ann", False, channel) == 0
        for stranger in ("", "cid", "ann,bob", "an"):
            assert outcome(OPEN, operation, stranger, True, channel, everything) == 103


def test_users_may_subscribe_to_their_channel_but_no_more_than_the_namespace_says() -> None:
    assert outcome(CLOSED, Operation.SUBSCRIBE, "ann", False, "#ann") == 0
    assert outcome(CLOSED, Operation.PUBLISH, "ann", False, "#ann") == 103


def test_what_was_permitted_is_granted_where_the_namespace_says_nobody() -> None:
    assert outcome(CLOSED, Operation.SUBSCRIBE, "ann", False, "news:sport", NEWS) == 0
    assert outcome(CLOSED, Operation.HISTORY, "ann", False, "news:sport", NEWS) == 0
    assert outcome(CLOSED, Operation.PUBLISH, "ann", False, "news:sport", NEWS) == 103
    assert outcome(CLOSED, Operation.SUBSCRIBE, "ann", False, "other:sport", NEWS) == 103


def test_no_permission_brings_a_feature_that_is_not_there() -> None:
    bare = Namespace(history_size=0)
    assert outcome(bare, Operation.HISTORY, "ann", True, "news:sport", NEWS) == 108


def test_a_private_channel_is_for_those_with_a_permission() -> None:
    secret = Permission(("$secret",), frozenset({Operation.SUBSCRIBE}))
    assert outcome(OPEN, Operation.SUBSCRIBE, "ann", False, "$secret") == 103
    assert outcome(OPEN, Operation.SUBSCRIBE, "ann", False, "$secret", secret) == 0


@pytest.mark.parametrize("operation", [Operation.HISTORY, Operation.PRESENCE])
def test_only_who_follows_a_private_channel_reads_it(operation: Operation) -> None:
    named = Permission(("$secret",), frozenset({operation}))
    assert outcome(OPEN, operation, "ann", False, "$secret") == 103
    assert outcome(OPEN, operation, "ann", True, "$secret") == 0
    assert outcome(CLOSED, operation, "ann", True, "$secret") == 103
    assert outcome(OPEN, operation, "ann", False, "$secret", named) == 0
    assert outcome(OPEN, Operation.PUBLISH, "ann", False, "$secret") == 0


@pytest.mark.parametrize("operation", list(Operation))
@pytest.mark.parametrize("channel", ["dialog#", "dialog#ann,", "$dialog#,ann"])
def test_a_name_that_is_missing_among_the_users_of_a_channel_is_not_nobodys(
    operation: Operation, channel: str
) -> None:
    assert outcome(OPEN, operation, "", True, channel) == 103


@pytest.mark.parametrize("operation", [Operation.HISTORY, Operation.PRESENCE])
@pytest.mark.parametrize(
    "closed", [Namespace(subscribe=Audience.NOBODY), Namespace(subscribe_hook=True)]
)
def test_who_may_not_follow_may_not_read_either(operation: Operation, closed: Namespace) -> None:
    reader = Permission(("room",), frozenset({operation}))
    assert outcome(closed, operation, "ann", False) == 103
    assert outcome(closed, operation, "ann", True) == 0
    assert outcome(closed, operation, "ann", False, "room", reader) == 0
    assert outcome(closed, Operation.PUBLISH, "ann", False) == 0


@pytest.mark.parametrize(
    ("channel", "users"),
    [
        ("room", ()),
        ("#ann", ("ann",)),
        ("dialog#ann,bob", ("ann", "bob")),
        ("a#b#cid", ("cid",)),
        ("room#", ("",)),
    ],
)
def test_the_users_of_a_channel(channel: str, users: tuple[str, ...]) -> None:
    assert users_of(channel) == users
