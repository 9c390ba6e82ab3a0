"""A user's program: `app.py:app` becomes the `Hubbub` object it names."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from hubbub import config
from hubbub.app import Hubbub
from hubbub.config import Settings
from hubbub.errors import ConfigurationError


def load_app(reference: str, settings: Settings) -> Hubbub:
    """Return the app of a reference, or a plain one for "".

    Args:
        reference: `file.py:name` or `package.module:name`; the name is `app` where it is left out.
        settings: what `Hubbub()` takes in the user's program.

    Raises ConfigurationError; what the user's program raises itself goes through.
    """
    if not reference:
        return Hubbub(settings)
    config.adopt(settings)
    place, _, name = reference.partition(":")
    module = _from_file(Path(place)) if place.endswith(".py") else _from_name(place)
    app = getattr(module, name or "app", None)
    if isinstance(app, Hubbub):
        return app
    if app is None:
        raise ConfigurationError([f"{place} has no {name or 'app'}: say which name the app has"])
    raise ConfigurationError([f"{reference} is a {type(app).__name__}, not a Hubbub"])


def _from_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise ConfigurationError([f"{file} does not exist"])
    sys.path.insert(0, str(file.resolve().parent))
    spec = importlib.util.spec_from_file_location(file.stem, file.resolve())
    if spec is None or spec.loader is None:
        raise ConfigurationError([f"{file} is not a Python program"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _from_name(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as fault:
        if fault.name is not None and (name == fault.name or name.startswith(f"{fault.name}.")):
            raise ConfigurationError(
                [f"no module {name!r}: name a file (app.py:app) or a module (package.app:app)"]
            ) from None
        raise
