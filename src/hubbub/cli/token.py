"""`hubbub token`: make a token to try things with, or see what one says and whether it is believed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from hubbub import telemetry
from hubbub.cli.failure import MISUSED, CommandFailed
from hubbub.clock import Clock, SystemClock
from hubbub.config import Settings, load
from hubbub.errors import InvalidToken
from hubbub.sessions.tokens import TokenSettings, Verifier
from hubbub.sessions.tokens.keys import UnfitKey
from hubbub.sessions.tokens.payload import connection_claims, subscription_claims
from hubbub.sessions.tokens.sealed import unseal
from hubbub.sessions.tokens.signing import Signer, key_signer, secret_signer

FILE_LIMIT = 64 * 1024
"""Bytes of the largest file that a key is read from."""
_ANY_TIME_S = 2.0**53
"""A leeway that makes every time a good one."""


def token(
    user: Annotated[
        str | None, typer.Option(help="Whom it introduces; '' is somebody without a name.")
    ] = None,
    channel: Annotated[
        str,
        typer.Option(help="The channel that it opens; without it, the token is for connecting."),
    ] = "",
    ttl: Annotated[
        int, typer.Option(min=0, help="Seconds for which it is good; 0 is for ever.")
    ] = 3600,
    info: Annotated[str, typer.Option(help="What others see beside the user, as JSON.")] = "",
    claim: Annotated[
        list[str] | None,
        typer.Option(help="A further claim, as NAME=VALUE; the value is JSON, or else a text."),
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the secret, if not that of the configuration.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="A file with a private key in PEM form, to sign with that.")
    ] = None,
    kid: Annotated[str, typer.Option(help="The key's name at its key server.")] = "",
    check: Annotated[
        str, typer.Option(metavar="TOKEN", help="See about this token; - reads standard input.")
    ] = "",
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Settings (default: hubbub.toml, if any).")
    ] = None,
) -> None:
    """Make a token for USER, or --check one.

    Secrets come from the settings, HUBBUB_TOKENS__HMAC_SECRET or a file: everybody on this machine can read a
    command line.
    """
    loaded = load(config)
    for warning in loaded.warnings:
        sys.stderr.write(f"hubbub: {warning}\n")
    telemetry.set_up("error")
    clock = SystemClock()
    if check:
        if user is not None or channel or info or claim or secret_file or key or kid:
            raise CommandFailed("--check makes no token: leave out what one would say", MISUSED)
        text = sys.stdin.read().strip() if check == "-" else check
        typer.echo(asyncio.run(_checked(text, loaded.settings, clock)))
        return
    if user is None:
        raise CommandFailed("say whom it introduces with --user, or --check a token", MISUSED)
    settings = _settings_for(loaded.settings, channel)
    claims = _claims(settings, user, clock.epoch_ms() // 1000, ttl)
    claims |= {"channel": channel} if channel else {}
    claims |= {"info": _json(info, "--info")} if info else {}
    claims |= dict(map(_named, claim or ()))
    typer.echo(_made(claims, _signer(settings, secret_file, key), settings, kid))


def _settings_for(settings: Settings, channel: str) -> TokenSettings:
    """Return by which settings a token is judged."""
    own = settings.subscription_tokens
    return own if channel and own.configured else settings.tokens


def _claims(settings: TokenSettings, user: str, now: int, ttl: int) -> dict[str, Any]:
    claims: dict[str, Any] = {settings.user_claim: user, "iat": now}
    if ttl:
        claims["exp"] = now + ttl
    if settings.audience:
        claims["aud"] = settings.audience
    if settings.issuer:
        claims["iss"] = settings.issuer
    return claims


def _named(claim: str) -> tuple[str, Any]:
    name, equals, value = claim.partition("=")
    if not name or not equals:
        raise CommandFailed(f"--claim {claim!r} is not NAME=VALUE", MISUSED)
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _json(text: str, option: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CommandFailed(f"{option} {text!r} is not JSON", MISUSED) from None


def _signer(settings: TokenSettings, secret_file: Path | None, key: Path | None) -> Signer:
    if key is not None and secret_file is not None:
        raise CommandFailed("sign with --secret-file or with --key, not with both", MISUSED)
    if key is not None:
        return _fit(key_signer, _read(key), str(key))
    if secret_file is not None:
        return _fit(secret_signer, _read(secret_file).rstrip("\r\n"), str(secret_file))
    secret = settings.hmac_secret.get_secret_value()
    if not secret:
        raise CommandFailed(
            "there is nothing to sign with: set hmac_secret in [tokens], or give --secret-file or --key",
            MISUSED,
        )
    return secret_signer(secret)


def _fit(make: Callable[[str], Signer], text: str, name: str) -> Signer:
    try:
        return make(text)
    except UnfitKey as fault:
        raise CommandFailed(f"{name} {fault}", MISUSED) from None


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(FILE_LIMIT)
    except OSError as fault:
        raise CommandFailed(f"{file}: cannot be read: {fault.strerror}", MISUSED) from None
    except UnicodeDecodeError:
        raise CommandFailed(f"{file}: is not UTF-8 text", MISUSED) from None


def _made(claims: Mapping[str, Any], signer: Signer, settings: TokenSettings, kid: str) -> str:
    """Return the token, unless it says what makes no sense; its times may be wrong on purpose."""
    made = signer.token(claims, kid)
    read = subscription_claims if "channel" in claims else connection_claims
    try:
        payload = unseal(made, settings.token_limit).payload
        read(payload, replace(settings, leeway_s=_ANY_TIME_S), 0.0)
    except InvalidToken as fault:
        raise CommandFailed(f"no server would take this token: {fault.detail}", MISUSED) from None
    return made


async def _checked(text: str, settings: Settings, clock: Clock) -> str:
    """Return the claims of a token that is good, whichever kind it is. Raises why it is not."""
    verifier = Verifier(clock, settings.tokens, settings.subscription_tokens)
    payload = unseal(text, max(len(text), 1)).payload
    try:
        claims = json.loads(payload)
        is_subscription = isinstance(claims, dict) and "channel" in claims
    except (ValueError, RecursionError):
        claims, is_subscription = None, False
    try:
        await (verifier.subscription(text) if is_subscription else verifier.connection(text))
    finally:
        await verifier.close()
    return json.dumps(claims, ensure_ascii=False, indent=2)
