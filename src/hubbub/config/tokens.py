"""The settings of tokens among the others: how they are checked, and how little of them is shown."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, PlainSerializer, SecretStr, SerializationInfo
from pydantic_core import PydanticCustomError

from hubbub.config.checks import faults_of, wrong
from hubbub.errors import redacted
from hubbub.sessions.tokens import TokenSettings
from hubbub.sessions.tokens.keys import read_keys


def _check(tokens: TokenSettings) -> TokenSettings:
    """Refuse keys that are none, and settings that have no effect because there is no key."""
    _, faults = read_keys(tokens)
    faults += faults_of(tokens)
    if faults:
        raise PydanticCustomError("faults", "out of bounds", {"faults": faults})
    if not tokens.configured and tokens != TokenSettings():
        raise wrong("has no key, so that the rest of it means nothing")
    return tokens


def _written(tokens: TokenSettings, info: SerializationInfo) -> dict[str, Any]:
    """Return everything for the pipe to a worker, and no secret for anybody else."""
    written = dataclasses.asdict(tokens)
    reveal = bool(info.context and info.context.get("reveal"))
    for name, value in written.items():
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            written[name] = secret if reveal or not secret else "***"
    return written if reveal else written | {"jwks_url": redacted(tokens.jwks_url)}


Tokens: TypeAlias = Annotated[TokenSettings, AfterValidator(_check), PlainSerializer(_written)]
