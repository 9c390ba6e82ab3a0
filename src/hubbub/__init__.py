"""Hubbub, a realtime messaging server: every client, one hub."""

from hubbub.app import Hubbub
from hubbub.config import Settings
from hubbub.errors import BrokerUnavailable, ConfigurationError, HubbubError, Refused
from hubbub.model import ClientInfo, Kind, Position, Publication

__all__ = [
    "BrokerUnavailable",
    "ClientInfo",
    "ConfigurationError",
    "Hubbub",
    "HubbubError",
    "Kind",
    "Position",
    "Publication",
    "Refused",
    "Settings",
]
