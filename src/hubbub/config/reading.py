"""Where settings come from: a flag beats the environment, which beats the file, which beats the default.

Every mistake is reported with the place where it was made, all at once; what nobody knows is a warning.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hubbub.config.sentences import problems, strangers
from hubbub.config.settings import Settings
from hubbub.errors import ConfigurationError
from hubbub.sessions.tokens.keys import is_pem

DEFAULT_FILE = "hubbub.toml"
PREFIX = "HUBBUB_"
_LEVEL = "__"
"""Separates the names of nested settings in a variable: `HUBBUB_HUB__RING_SIZE`."""
_FOREIGN = frozenset({"HUBBUB_CONFIG", "HUBBUB_URL", "HUBBUB_KEY"})
"""Variables that mean something to a command, but are no settings of the server."""

Path_ = tuple[str | int, ...]

_KEY_FILES = product(
    ("tokens", "subscription_tokens"), ("rsa_public_key", "ecdsa_public_key", "eddsa_public_key")
)
_PLACES: frozenset[Path_] = frozenset({("pages",), ("tls_cert",), ("tls_key",), *_KEY_FILES})
"""Settings that are files or directories: in the file, they are meant from where the file is."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where they were read, and what is odd about them, a sentence each."""

    settings: Settings
    file: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """What was said, and by whom: `places` has the place of every leaf."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Path_, str] = field(default_factory=dict)

    def add(self, path: Path_, value: object, place: str) -> None:
        """Put in a leaf, over what a weaker place said."""
        target = self.values
        for step in path[:-1]:
            below = target.get(str(step))
            if not isinstance(below, dict):
                below = target[str(step)] = {}
            target = below
        target[str(path[-1])] = value
        self.places[path] = place


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """Gather the settings.

    Args:
        file: the TOML file; None takes `hubbub.toml` of the working directory if there is one.
        environment: variables (None: those of this process). flags: settings by name, as the flags say.

    Raises ConfigurationError with every mistake and its place.
    """
    environment = os.environ if environment is None else environment
    chosen = file or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    gathered = _Gathered()
    if chosen is not None:
        for path, value in _leaves(_parse(chosen)):
            gathered.add(path, _found_from(chosen, path, value), f"{chosen}: {_dotted(path)}")
    for name, text in sorted(environment.items()):
        if name.startswith(PREFIX) and name not in _FOREIGN:
            path = tuple(name.removeprefix(PREFIX).lower().split(_LEVEL))
            gathered.add(path, text, name)
    for name, value in (flags or {}).items():
        gathered.add((name,), value, _flag(name))
    odd = tuple(strangers(gathered.values, gathered.places))
    try:
        settings = Settings.model_validate(gathered.values)
    except ValidationError as fault:
        # What nobody knows may be what is wrong: a setting that was meant, by another name.
        raise ConfigurationError([*problems(fault, gathered.places), *odd]) from None
    return Loaded(settings, chosen, odd)


class _Ambient:
    """Hold the settings that a command gathered for the program it runs."""

    adopted: Settings | None = None


def adopt(settings: Settings) -> None:
    """Make `current` return these, in this process, whatever files and variables say."""
    _Ambient.adopted = settings


def current() -> Settings:
    """Return the settings of the command that runs us, or else those of the file and the environment.

    Raises ConfigurationError.
    """
    return _Ambient.adopted or load().settings


def _flag(name: str) -> str:
    """Return a setting's flag; lists are given one by one, so their flag is singular."""
    singular = {"allowed_origins": "origin", "api_keys": "api-key"}
    return f"--{singular.get(name, name).replace('_', '-')}"


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as fault:
        raise ConfigurationError([f"{file}: cannot be read: {fault.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigurationError([f"{file}: is not TOML: {fault}"]) from None


def _leaves(table: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _found_from(file: Path, path: Path_, value: object) -> object:
    """Return a setting of the file; a relative place is one beside the file, wherever we were started."""
    if path in _PLACES and isinstance(value, str) and value and not is_pem(value):
        return str(file.parent / value)
    return value


def _dotted(path: Path_) -> str:
    return ".".join(map(str, path))
