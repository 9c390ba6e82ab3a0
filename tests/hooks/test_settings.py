from __future__ import annotations

from pydantic import SecretStr, TypeAdapter

from hubbub.hooks.settings import HookSettings

SETTINGS = HookSettings(
    rpc="http://localhost/rpc",
    secret=SecretStr("hush"),
    static_headers={"x-key": SecretStr("hush")},
)
WRITTEN = TypeAdapter(HookSettings)


def test_secrets_show_only_on_the_pipe_to_a_worker() -> None:
    assert "hush" not in repr(SETTINGS)
    assert b"hush" not in WRITTEN.dump_json(SETTINGS)

    revealed = WRITTEN.dump_json(SETTINGS, context={"reveal": True})
    assert revealed.count(b"hush") == 2
    assert WRITTEN.validate_json(revealed) == SETTINGS


def test_only_questions_that_have_a_url_are_asked() -> None:
    assert SETTINGS.urls == {"rpc": "http://localhost/rpc"}
