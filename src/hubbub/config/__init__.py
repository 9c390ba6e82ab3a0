"""The operator's settings: one frozen value, gathered from flags, the environment and a TOML file."""

from hubbub.config.parts import AdminPart, ApiKeySettings, EndpointSettings, SourceSettings
from hubbub.config.reading import DEFAULT_FILE, Loaded, adopt, current, load
from hubbub.config.settings import Settings

__all__ = [
    "DEFAULT_FILE",
    "AdminPart",
    "ApiKeySettings",
    "EndpointSettings",
    "Loaded",
    "Settings",
    "SourceSettings",
    "adopt",
    "current",
    "load",
]
