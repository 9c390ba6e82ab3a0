"""The settings of hooks: what can be said, how mistakes are told, and that no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.config import Settings, load
from hubbub.errors import ConfigurationError
from hubbub.hooks.settings import HookSettings
from hubbub.sessions.hooks import EventKind

WHOLE = """
[hooks]
connect = "https://app.example/connect?key=hush-in-url"
rpc = "http://127.0.0.1:3000/rpc"
timeout_s = 2.5
headers = ["X-Forwarded-For", "Cookie"]
secret = "hush-hush-hush-hush"
include_meta = true

[hooks.static_headers]
Authorization = "Bearer hush"

[hooks.events]
url = "https://app.example/events?key=hush-in-url"
kinds = ["disconnected", "vacated"]
parallel = 2

[hooks.functions]
timeout_s = 1.0
"""


def read(folder: Path, toml: str, **environment: str) -> Settings:
    file = folder / "hubbub.toml"
    file.write_text(toml)
    return load(file, environment).settings


def problems(folder: Path, toml: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, toml)
    return [problem.replace(f"{folder}/hubbub.toml: ", "") for problem in caught.value.problems]


def test_all_that_can_be_said(tmp_path: Path) -> None:
    hooks = read(tmp_path, WHOLE).hooks

    assert set(hooks.urls) == {"connect", "rpc"}
    assert hooks.headers == ("X-Forwarded-For", "Cookie")
    assert hooks.static_headers["Authorization"].get_secret_value() == "Bearer hush"
    assert hooks.events.kinds == (EventKind.DISCONNECTED, EventKind.VACATED)
    assert (hooks.timeout_s, hooks.events.parallel, hooks.functions.timeout_s) == (2.5, 2, 1.0)


def test_no_secret_is_shown_but_workers_get_it(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)

    assert "hush" not in repr(settings)
    assert "hush-hush" not in settings.model_dump_json()
    assert Settings.from_json(settings.to_json()) == settings


def test_lists_are_written_with_commas_in_the_environment(tmp_path: Path) -> None:
    said = {
        "HUBBUB_HOOKS__CONNECT": "http://localhost/",
        "HUBBUB_HOOKS__HEADERS": "x-one, x-two",
        "HUBBUB_HOOKS__EVENTS__KINDS": "occupied,vacated",
    }
    hooks = read(tmp_path, "", **said).hooks

    assert hooks.headers == ("x-one", "x-two")
    assert hooks.events.kinds == (EventKind.OCCUPIED, EventKind.VACATED)


def test_nothing_is_asked_by_default() -> None:
    assert Settings().hooks == HookSettings()
    assert Settings().hooks.urls == {}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('connect = "ftp://hush"', "hooks.connect must be a URL that begins with http:// or"),
        ('rpc = "https://"', "hooks.rpc must be a URL that begins with http:// or"),
        ('rpc = "https://host:hush/"', "hooks.rpc must be a URL that begins with http:// or"),
        ('rpc = "https://a/hush hush"', "hooks.rpc must be a URL without spaces"),
        ('rpc = "https://u:hush@a/"', "hooks.rpc must have no password in it: put it into static"),
        ('events.url = "hush"', "hooks.events.url must be a URL that begins"),
        ('events.kinds = ["gone"]', "hooks.events.kinds[1] must be 'disconnected', "),
        (
            'emulated_headers = ["Host"]',
            "hooks.emulated_headers has 'Host', which the server writes itself",
        ),
        ('headers = ["a b"]', "hooks.headers has 'a b', which is no name of a header"),
        ('headers = ["Host"]', "hooks.headers has 'Host', which the server writes itself"),
        ('static_headers.TE = "hush"', "hooks.static_headers has 'TE', which the server writes"),
        ('static_headers.x = "hush\\n"', "hooks.static_headers.x must be one line of Latin-1"),
        ('secret = "hush"', "hooks.secret must have at least 16 characters"),
        ("secret = 5", "hooks.secret must be a text"),
        ("timeout_s = -1", "hooks.timeout_s must not be negative or endless, and is -1"),
        ("events.age_s = inf", "hooks.events.age_s must not be negative or endless, and is inf"),
        ("timeout_s = 0", "hooks.timeout_s must be more than 0"),
        ("functions.threads = 0", "hooks.functions.threads must be more than 0"),
        ("events.parallel = 0", "hooks.events.parallel must be more than 0"),
        ("include_meta = true", "hooks has no URL, so that the rest of it means nothing"),
    ],
)
def test_mistakes_are_told_where_they_were_made(tmp_path: Path, said: str, sentence: str) -> None:
    told = problems(tmp_path, f"[hooks]\n{said}\n")

    assert len(told) == 1
    assert told[0].startswith(sentence)
    assert "hush" not in told[0]
