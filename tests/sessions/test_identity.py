from __future__ import annotations

from hubbub.sessions.hooks import ConnectGrant, RefreshGrant, SubscribeGrant
from hubbub.sessions.identity import Identity, admitted


def test_channels_and_subs_of_a_grant_are_one_table() -> None:
    own = SubscribeGrant(info=b"1")
    grant = ConnectGrant("ann", channels=("a", "b"), subs={"b": own})

    assert admitted(grant).subs == {"a": SubscribeGrant(), "b": own}
    assert admitted(ConnectGrant("ann")).subs == {}


def test_a_grant_is_somebody() -> None:
    grant = ConnectGrant("ann", 60, b"1", b"2", meta=b"3")
    admission = admitted(grant, by_token=True, issued_at=7, token_id="t")

    assert admission.data == b"2"
    assert admission.identity == Identity("ann", b"1", b"3", 60, True, 7, "t")


def test_who_is_let_stay_keeps_what_nothing_new_was_said_about() -> None:
    ann = Identity("ann", b"1", b"3", 60, True, 7, "t")

    assert ann.renewed(RefreshGrant(expire_at=90)) == Identity("ann", b"1", b"3", 90, True, 7, "t")
    assert ann.renewed(RefreshGrant(info=b"8", meta=b"9")).info == b"8"
