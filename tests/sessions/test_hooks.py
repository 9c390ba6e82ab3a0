from __future__ import annotations

from hubbub.sessions.hooks import (
    Client,
    ConnectAsk,
    Event,
    EventKind,
    Hooks,
    PublishAsk,
    SubscribeAsk,
)


def test_secrets_of_a_client_do_not_show() -> None:
    client = Client("s1", "zhang", headers={"cookie": "hush"}, info=b"hush", meta=b"hush")

    for ask in (
        ConnectAsk(client, "hush", b"hush"),
        SubscribeAsk(client, "room", "hush", b"hush"),
        PublishAsk(client, "room", b"hush"),
    ):
        assert "hush" not in repr(ask)
        assert "zhang" in repr(ask)


def test_a_client_has_the_id_of_its_session() -> None:
    assert Client("s1").id == "s1"


def test_an_application_without_hooks_is_asked_and_told_nothing() -> None:
    hooks = Hooks()

    hooks.events(Event(EventKind.VACATED, "a", 1, 0, "a"))
    assert [name for name in Hooks.__slots__ if getattr(hooks, name)] == ["events"]
