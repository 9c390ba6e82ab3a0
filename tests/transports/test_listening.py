from __future__ import annotations

from hubbub.server.listener import Listener
from hubbub.sessions.doors import Doors
from hubbub.transports.listening import ListenerSettings


def test_everything_is_bounded_from_the_start() -> None:
    settings = ListenerSettings()
    limits = (
        settings.head_limit,
        settings.head_timeout_s,
        settings.body_limit,
        settings.body_timeout_s,
        settings.retry_after_s,
    )
    assert all(limit > 0 for limit in limits)
    assert 0 < settings.websocket.message_limit <= settings.body_limit


def test_no_cap_means_what_the_system_has_room_for() -> None:
    nobody = Doors([], None, lambda origin, host: True)  # type: ignore[arg-type]
    assert Listener(nobody, ListenerSettings()).cap > 0
    assert Listener(nobody, ListenerSettings(connection_cap=7)).cap == 7
