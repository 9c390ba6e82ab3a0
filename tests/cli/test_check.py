"""`hubbub check`: what it finds, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.cli.main import run


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where nobody left settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("toml", "code", "said"),
    [
        ('broker = "redis://127.0.0.1:1/0"', 0, "hubbub.toml: nothing is wrong"),
        (
            "prot = 1\n[limits]\nchanels = 5",
            1,
            "hubbub: hubbub.toml: prot is not a setting; did you mean port?\n"
            "hubbub: hubbub.toml: limits.chanels is not a setting; did you mean channels?",
        ),
        ("port = -1", 2, "hubbub: hubbub.toml: port must be at least 0, not -1"),
        ("port =", 2, "hubbub: hubbub.toml: is not TOML: "),
        (
            '[tokens]\nrsa_public_key = "-----BEGIN PUBLIC KEY-----"',
            2,
            "hubbub: hubbub.toml: tokens.rsa_public_key is not a public key in PEM form",
        ),
    ],
)
def test_settings_are_judged_as_a_server_would(
    toml: str, code: int, said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "hubbub.toml").write_text(toml)
    assert run(["check"]) == code
    out, err = capsys.readouterr()
    assert (err if code else out).startswith(said)
    assert [each.name for each in place.iterdir()] == ["hubbub.toml"]


def test_without_a_file_the_environment_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUBBUB_PORT", "many")
    assert run(["check"]) == 2
    assert capsys.readouterr().err == "hubbub: HUBBUB_PORT must be a whole number, not 'many'\n"
