"""Whose inbox a channel is, and what a message in it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import Refused
from hubbub.hub.inbox.values import device_of, inbox_of, is_message, sender_of
from hubbub.hub.permissions.grants import users_of
from hubbub.hub.permissions.namespaces import is_inbox
from hubbub.model import ClientInfo, Publication


@given(st.text(min_size=1, max_size=128))
def test_an_inbox_is_its_owners_alone(user: str) -> None:
    try:
        channel = inbox_of(user)
    except Refused:
        assert {"#", ","} & set(user)
        return
    assert users_of(channel) == (user,)
    assert is_inbox(channel)


@pytest.mark.parametrize("channel", ["room", "#", "#a,b", "#a#b", "dialog#a", "$#a", "x:#a"])
def test_other_channels_are_no_inboxes(channel: str) -> None:
    assert not is_inbox(channel)


def test_who_sent_a_message_is_told() -> None:
    assert sender_of(Publication(b"1")) == ""
    assert sender_of(Publication(b"1", sender=ClientInfo("ann", "s"))) == "ann"
    assert not is_message(Publication(b"1", tags={"to": "bob"}))
    assert not is_message(Publication(b"1", made=True))
    assert is_message(Publication(b"1", tags={"id": "1"}))


def test_a_devices_name_is_short_and_printable() -> None:
    assert device_of("Ann's phone") == "Ann's phone"
    for name in ("x" * 65, "a\nb"):
        with pytest.raises(Refused):
            device_of(name)
