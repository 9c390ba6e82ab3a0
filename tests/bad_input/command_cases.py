"""Mistakes of whoever types a command or writes its settings."""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "http://127.0.0.1:1"
FORGED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyb290In0.Zm9yZ2Vk"
"""A token that says it was signed."""


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A command that ends at once: what it is given, how it exits, and what standard error says.

    `settings` is the text of `hubbub.toml` in the working directory ("": there is none).
    """

    wrong: str
    arguments: tuple[str, ...]
    exits: int
    says: tuple[str, ...]
    settings: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def answer(self) -> str:
        """Return what the page says of it."""
        return f"exit {self.exits}: " + "; ".join(f"`{sentence}`" for sentence in self.says)


COMMAND_CASES = [
    Mistyped(
        "several settings are wrong at once",
        ("serve", "--port", "99999", "--workers", "0"),
        2,
        ("--port must be at most 65535", "--workers must be a number from 1 to 512"),
    ),
    Mistyped(
        "a wrong value in the file",
        ("serve",),
        2,
        ("hubbub.toml: limits.idle_s must be longer than ping_interval_s",),
        settings="[limits]\nidle_s = 3\n",
    ),
    Mistyped(
        "a wrong value in the environment",
        ("serve",),
        2,
        ("HUBBUB_PORT must be a whole number",),
        variables=(("HUBBUB_PORT", "http"),),
    ),
    Mistyped(
        "a file that is not TOML",
        ("serve",),
        2,
        ("hubbub.toml: is not TOML",),
        settings="port: 8000\n",
    ),
    Mistyped(
        "a file that is not there",
        ("serve", "--config", "none.toml"),
        2,
        ("none.toml: cannot be read: No such file or directory",),
    ),
    Mistyped(
        "an engine that does not exist",
        ("serve", "--broker", "mysql://localhost"),
        2,
        ("--broker must be a URL that begins with one of memory://",),
    ),
    Mistyped(
        "a Redis that does not answer",
        ("serve", "--port", "0", "--broker", "redis://:secret@127.0.0.1:1/0"),
        1,
        ("the broker is not available", "cannot connect"),
    ),
    Mistyped(
        "a database in a folder that is not there",
        ("serve", "--port", "0", "--broker", "sqlite:///nowhere/hubbub.db"),
        1,
        ("name a file in a directory that exists and is writable",),
    ),
    Mistyped(
        "listening to everybody without keys or permissions",
        ("serve", "--host", "0.0.0.0"),
        2,
        ("can be reached from elsewhere", "--open"),
    ),
    Mistyped("a program that is not there", ("serve", "app.py:app"), 2, ("app.py does not exist",)),
    Mistyped("a command that does not exist", ("dance",), 2, ("no such command 'dance'",)),
    Mistyped(
        "a server that is not there",
        ("publish", "lobby", "hello", "--url", NOBODY),
        1,
        (f"no server answers at {NOBODY}: connection refused",),
    ),
    Mistyped(
        "a token that somebody else signed",
        ("token", "--check", FORGED),
        1,
        ("the token is not valid: its signature is not that of a key we know",),
        settings="[tokens]\nhmac_secret = 'ours'\n",
    ),
    Mistyped(
        "a private key where the public one belongs",
        ("serve",),
        2,
        (
            "hubbub.toml: tokens.rsa_public_key is a private key; a server needs the public one only",
        ),
        settings="[tokens]\nrsa_public_key = '-----BEGIN PRIVATE KEY-----'\n",
    ),
]
