from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from hubbub.config import ApiKeySettings, EndpointSettings, Settings, SourceSettings
from hubbub.config.parts import named_keys
from hubbub.http.settings import WORDS, ApiKey


def test_a_query_variable_needs_no_place_in_the_path() -> None:
    endpoint = EndpointSettings(path="/webws", channel="chat:{query.channel}", user="{query.user}")
    assert endpoint.channel == "chat:{query.channel}"


def test_the_centrifuge_dialect_needs_no_channel() -> None:
    assert EndpointSettings(path="/c", dialect="centrifuge").channel == ""


def test_parts_are_frozen() -> None:
    endpoint = EndpointSettings(path="/c", dialect="centrifuge")
    with pytest.raises(ValidationError):
        endpoint.path = "/d"  # type: ignore[misc]


def test_a_source_hides_its_url() -> None:
    source = SourceSettings(name="s", type="redis_pubsub", url="redis://:hunter2@h")
    assert "hunter2" not in repr(source)


# ── keys ────────────────────────────────────────────────────────────────────────────────────────

SECRET = SecretStr("hunter2hunter2")


def test_keys_have_names_and_scopes() -> None:
    made = Settings.model_validate(
        {
            "api_keys": [
                {
                    "name": "billing",
                    "key": "long-enough",
                    "scopes": ["publish", "info"],
                    "channels": ["orders:*"],
                },
                "long-enough-too",
            ]
        }
    )
    assert made.keys == (
        ApiKey("billing", "long-enough", frozenset({"publish", "info"}), ("orders:*",)),
        ApiKey("key2", "long-enough-too"),
    )


@pytest.mark.parametrize("value", [None, 3, {"a": 1}])
def test_what_is_no_list_of_keys_is_left_to_be_refused(value: object) -> None:
    assert named_keys(value) is value


def test_a_key_hides_its_secret() -> None:
    made = ApiKeySettings(name="a", key=SECRET)
    for shown in (repr(made), str(made), repr(made.value), made.model_dump_json()):
        assert "hunter2" not in shown
    assert "hunter2" in made.model_dump_json(context={"reveal": True})


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"key": SECRET}, "Field required"),
        ({"name": "a"}, "Field required"),
        ({"name": "a b", "key": SECRET}, "is what logs show: up to 64 letters, digits"),
        ({"name": "", "key": SECRET}, "is what logs show"),
        (
            {"name": "a", "key": SECRET, "scopes": ["read", "dance"]},
            f"has 'dance'; there are {', '.join(WORDS)}",
        ),
    ],
)
def test_a_wrong_key_has_its_sentence(part: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ApiKeySettings.model_validate(part)
    [fault] = caught.value.errors()
    assert sentence in fault["msg"]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ((("a", "long-enough"), ("a", "long-enough-too")), "has two keys of one name"),
        ((("a", "long-enough"), ("b", "long-enough")), "has one key twice"),
        ((("a", "hunter2"),), "has a, which is shorter than 8 characters, or not ASCII"),
        ((("a", "sch\xf6n-hunter2"),), "has a, which is shorter than 8 characters, or not ASCII"),
    ],
)
def test_keys_are_told_apart(keys: tuple[tuple[str, str], ...], sentence: str) -> None:
    made = [{"name": name, "key": key} for name, key in keys]
    with pytest.raises(ValidationError, match=sentence):
        Settings.model_validate({"api_keys": made})
