from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.config.reading import load
from hubbub.errors import ConfigurationError


def test_proxies_are_addresses_and_networks(tmp_path: Path) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text('[listener]\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8"]\n', "utf-8")
    read = load(file, environment={}).settings
    assert read.listener.trusted_proxies == ("127.0.0.1", "10.0.0.0/8")
    assert type(read).from_json(read.to_json()) == read
    variable = {"HUBBUB_LISTENER__TRUSTED_PROXIES": "::1, 10.0.0.0/8"}
    assert load(file, variable).settings.listener.trusted_proxies == ("::1", "10.0.0.0/8")


def test_what_is_no_address_is_told_and_bounds_are_checked() -> None:
    for name, value in (("TRUSTED_PROXIES", "nginx"), ("HEAD_LIMIT", "-1")):
        with pytest.raises(ConfigurationError) as told:
            load(environment={f"HUBBUB_LISTENER__{name}": value})
        assert "listener" in str(told.value).lower()
        assert name.lower() in str(told.value).lower()
