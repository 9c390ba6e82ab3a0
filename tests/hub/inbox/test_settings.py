"""What inboxes are as channels, and who may send."""

from __future__ import annotations

import pytest

from hubbub.errors import Refused
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.permissions.grants import Standing, allow
from hubbub.hub.permissions.namespaces import Audience, Namespace, Namespaces
from hubbub.hub.permissions.permission import Operation
from hubbub.model import Retention

TABLE = Namespaces(Namespace(), inbox=InboxSettings(size=5, ttl_s=60.0).channel(), open=False)


@pytest.mark.parametrize("user", ["bob", "a:b", "chat:x"])
def test_an_inbox_has_its_own_options_whatever_its_owner_is_called(user: str) -> None:
    assert TABLE.resolve(f"#{user}").retention == Retention(5, 60.0)


@pytest.mark.parametrize("user", ["bob", "ann", ""])
def test_nobody_but_its_owner_follows_it_or_publishes_there(user: str) -> None:
    namespace = TABLE.resolve("#bob")
    for operation in Operation:
        try:
            allow(namespace, "#bob", operation, Standing(user, subscribed=False))
            granted = True
        except Refused:
            granted = False
        assert granted is (user == "bob" and operation is not Operation.MODERATE), operation


def test_on_a_closed_server_nobody_sends_unless_the_operator_says_so() -> None:
    assert InboxSettings().senders(is_open=True) is Audience.USERS
    assert InboxSettings().senders(is_open=False) is Audience.NOBODY
    for audience in Audience:
        assert InboxSettings(send=audience).senders(is_open=False) is audience
