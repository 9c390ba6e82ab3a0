"""The settings of tokens: where their keys may be, how wrong ones are told, and that none is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.config import Settings, load
from hubbub.errors import ConfigurationError
from hubbub.sessions.tokens import TokenSettings
from tests.sessions.tokens.issuer import (
    SECRET,
    believing,
    ec_key,
    eddsa_key,
    private_pem,
    public_pem,
    rsa_key,
)

RSA_PEM = public_pem(rsa_key())
WHOLE = f"""
[tokens]
hmac_secret = "{SECRET}"
hmac_previous_secret = "the one before"
hmac_previous_until = 1893456000
rsa_public_key = \"\"\"{RSA_PEM}\"\"\"
ecdsa_public_key = "keys/ec.pem"
jwks_url = "https://us:hunter2@id.example/keys"
audience = "chat"
issuer = "https://id.example"
leeway_s = 2.5
user_claim = "user_id"

[subscription_tokens]
eddsa_public_key = "keys/ed.pem"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file beside which the keys are, and work elsewhere."""
    (tmp_path / "etc" / "keys").mkdir(parents=True)
    (tmp_path / "etc" / "keys" / "ec.pem").write_text(public_pem(ec_key()))
    (tmp_path / "etc" / "keys" / "ed.pem").write_text(public_pem(eddsa_key()))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "etc" / "hubbub.toml"


def problems(file: Path, toml: str, environment: dict[str, str] | None = None) -> list[str]:
    file.write_text(toml)
    with pytest.raises(ConfigurationError) as caught:
        load(file, environment or {})
    return [problem.replace(f"{file}: ", "") for problem in caught.value.problems]


def test_all_that_can_be_said(file: Path) -> None:
    file.write_text(WHOLE)
    loaded = load(file, {})
    keys = file.parent / "keys"
    assert loaded.warnings == ()
    assert loaded.settings.tokens == believing(
        hmac_secret=SECRET,
        hmac_previous_secret="the one before",
        hmac_previous_until=1893456000,
        rsa_public_key=RSA_PEM,
        ecdsa_public_key=str(keys / "ec.pem"),
        jwks_url="https://us:hunter2@id.example/keys",
        audience="chat",
        issuer="https://id.example",
        leeway_s=2.5,
        user_claim="user_id",
    )
    own = believing(eddsa_public_key=str(keys / "ed.pem"))
    assert loaded.settings.subscription_tokens == own


def test_a_secret_may_be_in_the_environment() -> None:
    made = load(None, {"HUBBUB_TOKENS__HMAC_SECRET": SECRET}).settings
    assert made.tokens == believing(hmac_secret=SECRET)


def test_no_secret_is_shown_but_a_worker_gets_them(file: Path) -> None:
    file.write_text(WHOLE)
    settings = load(file, {}).settings
    dumps = (settings.model_dump_json(), settings.model_dump(), settings.model_dump(mode="json"))
    for text in (repr(settings), *map(str, dumps)):
        for secret in (SECRET, "the one before", "hunter2"):
            assert secret not in text
    assert settings.model_dump()["tokens"]["hmac_secret"] == "***"
    assert settings.model_dump()["subscription_tokens"]["hmac_secret"] == ""
    assert Settings.from_json(settings.to_json()) == settings


def test_every_mistake_is_told_with_its_place_and_without_its_value(file: Path) -> None:
    toml = f"""
        [tokens]
        hmac_secret = \"\"\"{RSA_PEM}\"\"\"
        rsa_public_key = \"\"\"{private_pem(ec_key())}\"\"\"
        ecdsa_public_key = "hunter2.pem"
        jwks_url = "hunter2"
        leeway_s = -1
        [subscription_tokens]
        audience = "hunter2"
    """
    assert problems(file, toml) == [
        "tokens.hmac_secret is a key of another kind, and no secret",
        "tokens.rsa_public_key is a private key; a server needs the public one only",
        "tokens.ecdsa_public_key is neither PEM text nor a file that can be read: "
        "No such file or directory",
        "tokens.jwks_url must be a URL that begins with http:// or https://",
        "tokens.leeway_s must not be negative or endless, and is -1.0",
        "subscription_tokens has no key, so that the rest of it means nothing",
    ]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("tokens = 'hunter2'", "tokens must be a table"),
        ("[tokens]\nhmac_secret = ['hunter2']", "tokens.hmac_secret must be a text"),
        ("[tokens]\nhmac_secret = 4711", "tokens.hmac_secret must be a text"),
        ("[tokens]\njwks_url = 4711", "tokens.jwks_url must be a text"),
    ],
)
def test_what_is_of_the_wrong_kind_is_not_shown_either(file: Path, toml: str, told: str) -> None:
    assert problems(file, toml) == [told]


def test_a_mistake_in_the_environment_is_told_with_the_variable(file: Path) -> None:
    told = problems(file, "", {"HUBBUB_TOKENS__JWKS_URL": "x"})
    assert told == ["HUBBUB_TOKENS__JWKS_URL must be a URL that begins with http:// or https://"]


def test_an_unknown_name_is_warned_of(file: Path) -> None:
    file.write_text("[tokens]\nhmac_secret = 'x'\nhmac_secrt = 'y'")
    (warning,) = load(file, {}).warnings
    assert warning.endswith("tokens.hmac_secrt is not a setting; did you mean hmac_secret?")


def test_who_asks_for_tokens_does_not_believe_names() -> None:
    assert not Settings(tokens=believing(hmac_secret="x")).open
    assert Settings(tokens=believing(hmac_secret="x"), open=True).open
    assert Settings(tokens=TokenSettings()).open
