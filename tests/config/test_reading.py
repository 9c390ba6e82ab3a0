"""Where settings come from, and every mistake with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.config import Settings, adopt, current, load
from hubbub.config.reading import _Ambient
from hubbub.errors import ConfigurationError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where nobody left a hubbub.toml."""
    monkeypatch.chdir(tmp_path)


def settings(
    toml: str = "",
    environment: dict[str, str] | None = None,
    flags: dict[str, object] | None = None,
) -> Settings:
    Path("hubbub.toml").write_text(toml)
    return load(None, environment or {}, flags).settings


def problems(
    toml: str = "",
    environment: dict[str, str] | None = None,
    flags: dict[str, object] | None = None,
) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        settings(toml, environment, flags)
    return caught.value.problems


def test_nothing_configured_is_an_open_server_on_loopback() -> None:
    loaded = load(None, {})
    assert (loaded.file, loaded.warnings) == (None, ())
    assert (loaded.settings.open, loaded.settings.host) == (True, "127.0.0.1")
    assert loaded.settings.broker == "sqlite:///hubbub.db"


def test_a_flag_beats_the_environment_which_beats_the_file() -> None:
    toml = 'port = 1\nworkers = 2\nlog_level = "info"\n[hub]\nring_size = 5\nring_bytes = 6'
    environment = {"HUBBUB_WORKERS": "3", "HUBBUB_LOG_LEVEL": "error", "HUBBUB_HUB__RING_SIZE": "7"}
    made = settings(toml, environment, {"log_level": "debug"})
    assert (made.port, made.workers, made.log_level) == (1, 3, "debug")
    assert (made.hub.ring_size, made.hub.ring_bytes) == (7, 6)


def test_lists_in_the_environment_are_separated_by_commas() -> None:
    made = settings(
        environment={
            "HUBBUB_ALLOWED_ORIGINS": "https://a.example, https://b.example",
            "HUBBUB_API_KEYS": "one-of-the-keys,another-one",
        }
    )
    assert made.allowed_origins == ("https://a.example", "https://b.example")
    assert [(key.name, key.secret) for key in made.keys] == [
        ("key1", "one-of-the-keys"),
        ("key2", "another-one"),
    ]


def test_namespaces_can_be_set_in_the_environment() -> None:
    made = settings(environment={"HUBBUB_NAMESPACES__CHAT__HISTORY_SIZE": "5"})
    assert made.namespace_table.resolve("chat:lobby").history_size == 5


def test_variables_of_commands_are_no_settings() -> None:
    environment = {"HUBBUB_URL": "x", "HUBBUB_KEY": "y", "HUBBUB_CONFIG": "z", "PATH": "/bin"}
    assert load(None, environment).warnings == ()


def test_all_mistakes_are_told_at_once_with_their_places() -> None:
    toml = """
        port = "x"
        [hub]
        ring_size = -1
        linger_s = "soon"
        [limits]
        idle_s = 30
        [listener.websocket]
        message_limit = -3
        [[endpoints]]
        path = "/a"
        [[endpoints]]
        path = "no-slash"
        channel = "c"
        [[endpoints]]
        path = "/b"
        channel = "c"
        transport = "sse"
    """
    found = problems(toml, {"HUBBUB_WORKERS": "0"}, {"broker": "foo://user:secret@host"})
    assert found == [
        "hubbub.toml: port must be a whole number, not 'x'",
        "HUBBUB_WORKERS must be a number from 1 to 512, or auto, not '0'",
        "--broker must be a URL that begins with one of "
        "memory://, sqlite://, redis://, rediss://, unix://",
        "hubbub.toml: endpoints[1] needs a channel, because the text dialect names none itself",
        "hubbub.toml: endpoints[2].path must begin with a slash, not be 'no-slash'",
        "hubbub.toml: endpoints[3] has transport 'sse', which the text dialect does not go over",
        "hubbub.toml: hub.linger_s must be a number, not 'soon'",
        "hubbub.toml: limits.idle_s must be longer than keepalive_s, which is 50",
        "hubbub.toml: listener.websocket.message_limit must not be negative or endless, and is -3",
    ]


WRONG = [
    ("port = 70000", "port must be at most 65535, not 70000"),
    ("port = 1.5", "port must be a whole number, not 1.5"),
    ("open = 'maybe'", "open must be true or false, not 'maybe'"),
    ("hub = 3", "hub must be a table, not 3"),
    ("endpoints = 4", "endpoints must be a list, not 4"),
    ("drain_s = -1", "drain_s must be at least 0, not -1"),
    ("drain_s = inf", "drain_s must be a finite number, not inf"),
    ("log_level = 'loud'", "log_level must be 'debug', 'info', 'warning' or 'error', not 'loud'"),
    ("workers = 'many'", "workers must be a number from 1 to 512, or auto, not 'many'"),
    ("workers = true", "workers must be a number from 1 to 512, or auto, not True"),
    ("broker = 'sqlite:x.db'", "broker lacks the slashes of sqlite://"),
    ("tls_key = 'x'", "tls_key is 'x', and there is no such file"),
    ("tls_cert = 'hubbub.toml'", "tls_key and tls_cert go together: set both or none"),
    (
        "api_keys = ['long-enough', 'short']",
        "api_keys has key2, which is shorter than 8 characters, or not ASCII",
    ),
    ("api_keys = ['long-enough', 'long-enough']", "api_keys has one key twice"),
    ("api_keys = [3]", "api_keys[1] must be a table"),
    ("[api]\nerror_mode = 'loud'", "api.error_mode must be 'body' or 'transport', not 'loud'"),
    ("[api]\ncommands_limit = -1", "api.commands_limit must not be negative or endless, and is -1"),
    (
        "allowed_origins = ['chat.example']",
        "allowed_origins has 'chat.example'; an origin reads like https://chat.example, without a path",
    ),
    (
        "[default_namespace]\nsubscribe = 'foo'",
        "default_namespace.subscribe must be 'everyone', 'users', 'subscribers' or 'nobody', not 'foo'",
    ),
    (
        "[namespaces.'a:b']",
        "namespaces.a:b 'a:b' cannot name a namespace: it is empty or has :, ! or # in it",
    ),
    (
        "[namespaces.chat]\nsource = 'kafka'",
        "namespaces names source 'kafka', which [[sources]] does not have",
    ),
    (
        "[namespaces.chat]\nhistory_size = -1",
        "namespaces.chat.history_size must not be negative or endless, and is -1",
    ),
    ("[[endpoints]]\ndialect = 'text'", "endpoints[1].path is missing"),
    (
        "[[endpoints]]\npath = '/a/{u}'\nchannel = '{x}'",
        "endpoints[1].channel names {x}, which path '/a/{u}' does not have",
    ),
    (
        "[[endpoints]]\npath = '/a/{u}/{u}'\nchannel = '{u}'",
        "endpoints[1].path has a variable that is no lower-case name, or appears twice",
    ),
    ("[[sources]]\ntype = 'redis_pubsub'", "sources[1].name is missing"),
    (
        "[[sources]]\nname = 'a'\ntype = 'redis_stream'",
        "sources[1] needs stream, the key that other programs XADD to",
    ),
    (
        "[[sources]]\nname = 'a'\ntype = 'redis_stream'\nstream = 's'\nchannel = 'chat:room'",
        "sources has 'a' with channel 'chat:room', but the namespace of that channel "
        "does not say source = 'a'",
    ),
    (
        "[[sources]]\nname = 'a'\ntype = 'redis_stream'\nstream = '!s'",
        "sources has 'a', whose channel is wrong: not a channel name: '!s'",
    ),
    (
        "[[sources]]\nname = 'a'\ntype = 'redis_pubsub'\npayload_limit = 0",
        "sources[1].payload_limit must be at least 1, not 0",
    ),
    ("pages = 'nowhere'", "pages is 'nowhere', and there is no index.html in it"),
]


@pytest.mark.parametrize(("toml", "sentence"), WRONG, ids=[toml for toml, _ in WRONG])
def test_a_mistake_has_its_sentence(toml: str, sentence: str) -> None:
    found = problems(toml)
    assert [each.removeprefix("hubbub.toml: ") for each in found] == [sentence]


def test_unknown_names_warn_and_say_what_was_meant() -> None:
    Path("hubbub.toml").write_text(
        "hots = 'x'\n[hub]\nringsize = 3\n[[endpoints]]\npath = '/a/{u}'\nchanel = 'x'\nchannel = '{u}'\n"
        "[namespaces.chat]\nhistory_sise = 3\n[listener.websocket]\nmesage_limit = 1\n"
    )
    assert load(None, {"HUBBUB_PROT": "1"}).warnings == (
        "hubbub.toml: hots is not a setting; did you mean host?",
        "hubbub.toml: hub.ringsize is not a setting; did you mean ring_size?",
        "hubbub.toml: endpoints[1].chanel is not a setting; did you mean channel?",
        "hubbub.toml: namespaces.chat.history_sise is not a setting; did you mean history_size?",
        "hubbub.toml: listener.websocket.mesage_limit is not a setting; did you mean message_limit?",
        "HUBBUB_PROT is not a setting; did you mean port?",
    )


@pytest.mark.parametrize(
    ("toml", "missing"),
    [
        ("", "api_keys and no permissions in a namespace"),
        ("api_keys = ['long-enough']", "permissions in a namespace"),
        ("[default_namespace]\npublish = 'nobody'", "api_keys"),
    ],
)
def test_nobody_reaches_it_from_elsewhere_by_accident(toml: str, missing: str) -> None:
    assert problems(toml, {"HUBBUB_HOST": "0.0.0.0"}) == [
        "HUBBUB_HOST is 0.0.0.0, which can be reached from elsewhere, but there are no "
        f"{missing}: configure them, or let everybody do everything with --open (open = true)"
    ]


def test_saying_open_is_enough_to_be_reached() -> None:
    assert settings(environment={"HUBBUB_HOST": "0.0.0.0"}, flags={"open": True}).open


def test_keys_and_permissions_close_a_server() -> None:
    toml = "host = '::'\napi_keys = ['long-enough']\n[namespaces.chat]\npublish = 'users'"
    assert not settings(toml).open


def test_reachability_is_told_beside_other_mistakes() -> None:
    assert len(problems("port = 'x'\nhost = '0.0.0.0'")) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x ==", "is not TOML: Invalid value (at line 1, column 4)"),
        (b"x = '\xff'", "is not UTF-8 text"),
    ],
)
def test_an_unreadable_file_is_told(content: bytes, sentence: str) -> None:
    Path("other.toml").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load(Path("other.toml"), {})
    assert caught.value.problems == [f"other.toml: {sentence}"]


def test_places_in_the_file_are_beside_it_wherever_the_command_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "room" / "page").mkdir(parents=True)
    (tmp_path / "room" / "page" / "index.html").write_text("<!doctype html>")
    (tmp_path / "room" / "room.toml").write_text("pages = 'page'")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for file in (Path("../room/room.toml"), tmp_path / "room" / "room.toml"):
        pages = Path(load(file, {}).settings.pages)
        assert pages.resolve() == tmp_path / "room" / "page"
    with pytest.raises(ConfigurationError, match="HUBBUB_PAGES is 'page'"):
        load(Path("../room/room.toml"), {"HUBBUB_PAGES": "page"})


def test_a_missing_file_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"nope\.toml: cannot be read: No such file"):
        load(Path("nope.toml"), {})


def test_no_problem_shows_a_secret() -> None:
    environment = {
        "HUBBUB_BROKER": "what://user:hunter2@host",
        "HUBBUB_API_KEYS": "hunter2,hunter2hunter2",
    }
    toml = "[[sources]]\nname='a'\ntype='redis_pubsub'\nurl='x://:hunter2@y'"
    found = problems(toml, environment)
    assert len(found) == 3
    assert "hunter2" not in "".join(found)


def test_a_command_hands_its_settings_to_the_program_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_Ambient, "adopted", None)
    monkeypatch.setenv("HUBBUB_PORT", "1234")
    assert current().port == 1234
    adopt(Settings(port=99))
    assert current().port == 99


def test_what_nobody_knows_is_told_with_the_mistakes_it_may_be_one_of() -> None:
    assert problems('port = "x"\nprot = 9000\n[limits]\nchannel = 5') == [
        "hubbub.toml: port must be a whole number, not 'x'",
        "hubbub.toml: prot is not a setting; did you mean port?",
        "hubbub.toml: limits.channel is not a setting; did you mean channels?",
    ]
