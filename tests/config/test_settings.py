"""The value itself: what it derives, hides and carries to a worker."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from hubbub.config import ApiKeySettings, EndpointSettings, Settings, SourceSettings
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.hub.settings import HubSettings

KEY = ApiKeySettings(
    name="billing", key=SecretStr("a-long-enough-key"), scopes=("publish",), channels=("orders:*",)
)


def test_settings_survive_the_way_to_a_worker() -> None:
    settings = Settings(
        host="0.0.0.0",
        open=True,
        broker="redis://:hunter2@localhost/0",
        api_keys=(KEY,),
        endpoints=(EndpointSettings(path="/x/{room}", channel="{room}"),),
        sources=(SourceSettings(name="s", type="redis_pubsub", prefix="chat:"),),
        namespaces={"chat": Namespace(history_size=3, publish=Audience.USERS, source="s")},
        hub=HubSettings(ring_size=9),
    )
    assert Settings.from_json(settings.to_json()) == settings
    assert Settings.from_json(settings.to_json()).keys == settings.keys
    assert settings.keys[0].secret == "a-long-enough-key"


def test_secrets_are_in_no_representation() -> None:
    settings = Settings(
        broker="redis://user:hunter2@localhost/0",
        api_keys=(KEY,),
        sources=(SourceSettings(name="s", type="redis_pubsub", url="redis://:hunter2@localhost"),),
    )
    for text in (
        repr(settings),
        repr(settings.keys),
        str(settings),
        json.dumps(settings.model_dump(mode="json")["api_keys"]),
    ):
        assert "hunter2" not in text
        assert "a-long-enough-key" not in text
    assert settings.broker_shown == "redis://user:***@localhost/0"


def test_the_namespace_table_refuses_strangers_only_when_closed() -> None:
    assert Settings().namespace_table.open
    assert not Settings(api_keys=(KEY,)).namespace_table.open


@pytest.mark.parametrize(
    ("settings", "is_open"),
    [
        (Settings(), True),
        (Settings(api_keys=(KEY,)), False),
        (Settings(default_namespace=Namespace(publish=Audience.USERS)), False),
        (Settings(namespaces={"a": Namespace(see_presence=Audience.NOBODY)}), False),
        (Settings(namespaces={"a": Namespace(history_size=1)}), True),
        (Settings(api_keys=(KEY,), open=True), True),
        (Settings(open=False), False),
    ],
)
def test_what_is_configured_closes_a_server(settings: Settings, is_open: bool) -> None:
    assert settings.open is is_open


def test_auto_is_at_least_one_worker() -> None:
    assert Settings.model_validate({"workers": "auto"}).workers >= 1


def test_settings_read_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_PORT", "1")
    assert Settings().port == 8000


def test_the_rooms_of_the_page_have_all_that_it_shows_where_nothing_is_configured() -> None:
    def of(settings: Settings) -> Namespace:
        return settings.namespace_table.resolve("chat:lobby")

    assert all([of(Settings()).typing, of(Settings()).edits, of(Settings()).people])
    assert of(Settings()).mentions == "to"
    own = {"news": Namespace(history_size=1)}
    plain = Namespace(history_size=7)
    for settings in (
        Settings(namespaces=own),
        Settings(default_namespace=plain),
        Settings(open=True, namespaces={"chat": plain}),
    ):
        assert not of(settings).chats
