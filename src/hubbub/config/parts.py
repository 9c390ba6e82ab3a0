"""Parts of the settings that there may be several of: endpoints and sources."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FieldSerializationInfo,
    SecretStr,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from hubbub.config.checks import address, listed, wrong
from hubbub.http.settings import EVERYTHING, WORDS, AdminSettings, ApiKey

PASSWORD_LENGTH = 12
"""Characters that the password of the admin page has at least: people choose it, and may be guessed at."""

_POSSIBLE = {
    "text": {"websocket", "sockjs"},
    "stomp": {"websocket", "sockjs"},
    "socketio": {"websocket"},
}
"""Transports by dialect, where not all of them are possible."""
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class Part(BaseModel):
    """A part of the settings: frozen, and silent about what it does not know (`load` warns)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EndpointSettings(Part):
    """One further path, as `[[endpoints]]` in the file.

    Args:
        path: a pattern such as `/ws/stream/{user}`; a variable is one path segment.
        dialect: what is spoken there; `unidirectional` is the Centrifuge protocol for who only listens.
        transport: what carries it; streams (`sse`, `http_stream`) are for the Centrifuge dialects only, and
            `sockjs` is WebSocket with all the fallbacks that clients of SockJS know, below this path.
        channel: the channel's name; `{name}` is a variable of the path, `{query.name}` a query parameter.
            For the text dialect only, which needs one.
        user: the user's name, built like `channel`; only an open server believes it.
        format: `plain` sends payloads as they are, `json` an envelope with sender, offset and time.
        heartbeat: a text message that is a sign of life and is not published ("" : none).
        heartbeat_reply: what it is answered with ("" : nothing).
        recent: publications of the recent past that a newcomer gets.
        application: what stands before the names of functions in destinations; for the STOMP dialect.
        websocket: whether `sockjs` offers WebSocket too.
        cookie: whether `sockjs` sets the cookie JSESSIONID, by which some proxies choose a server.
        client_url: where pages find the client of `sockjs`, for the frame through which pages of other
            origins may talk to this server ("" : there is no such frame).
        stream_limit: bytes after which a stream of `sockjs` ends and begins anew, so that pages do not keep
            all they ever read.
    """

    path: str
    dialect: Literal["text", "centrifuge", "unidirectional", "socketio", "stomp"] = "text"
    transport: Literal["websocket", "sse", "http_stream", "sockjs"] = "websocket"
    channel: str = ""
    user: str = ""
    format: Literal["plain", "json"] = "plain"
    heartbeat: str = ""
    heartbeat_reply: str = ""
    recent: Annotated[int, Field(ge=0)] = 0
    application: Annotated[str, Field(pattern="^(/[^/]+)+$")] = "/app"
    websocket: bool = True
    cookie: bool = False
    client_url: str = ""
    stream_limit: Annotated[int, Field(ge=1)] = 128 * 1024

    @field_validator("path")
    @classmethod
    def _check_path(cls, path: str) -> str:
        if not path.startswith("/"):
            raise wrong(f"must begin with a slash, not be {path!r}")
        names = _VARIABLE.findall(path)
        if len(set(names)) != len(names) or not all(
            re.fullmatch("[a-z_]+", name) for name in names
        ):
            raise wrong("has a variable that is no lower-case name, or appears twice")
        return path

    @field_validator("channel", "user")
    @classmethod
    def _check_template(cls, template: str, info: ValidationInfo) -> str:
        path: str = info.data.get("path", template)
        for name in _VARIABLE.findall(template):
            if not name.startswith("query.") and f"{{{name}}}" not in path:
                raise wrong(f"names {{{name}}}, which path {path!r} does not have")
        return template

    @model_validator(mode="after")
    def _check_channel(self) -> Self:
        if self.dialect == "text" and not self.channel:
            raise wrong("needs a channel, because the text dialect names none itself")
        if self.transport not in _POSSIBLE.get(self.dialect, {self.transport}):
            raise wrong(
                f"has transport {self.transport!r}, which the {self.dialect} dialect does not go over"
            )
        return self


class SourceSettings(Part):
    """Another system whose messages become publications, as `[[sources]]` in the file.

    Args:
        name: what `[namespaces.<name>] source` calls it.
        type: what kind of system it is.
        url: where it is; a password in it is never shown.
        stream: the key of the Redis stream (`redis_stream`).
        channel: the channel that the stream's entries go to ("" : the stream's own name).
        maxlen: entries that the stream keeps, about; 0 keeps all.
        prefix: what Redis channels begin with (`redis_pubsub`), such as `chat:`.
        payload_limit: bytes of the largest message that is taken from there; larger ones are skipped.
    """

    name: Annotated[str, Field(min_length=1)]
    type: Literal["redis_stream", "redis_pubsub"]
    url: Annotated[str, address(("redis", "rediss", "unix"))] = Field(
        default="redis://localhost:6379/0", repr=False
    )
    stream: str = ""
    channel: str = ""
    maxlen: Annotated[int, Field(ge=0)] = 1000
    prefix: str = ""
    payload_limit: Annotated[int, Field(ge=1)] = 256 * 1024

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.type == "redis_stream" and not self.stream:
            raise wrong("needs stream, the key that other programs XADD to")
        return self


_Words = Annotated[tuple[str, ...], BeforeValidator(listed)]


class ApiKeySettings(Part):
    """One key of the HTTP API, as `[[api_keys]]` in the file.

    Args:
        name: what logs and metrics call the program that shows it.
        key: the secret, of at least 8 characters.
        scopes: what it is good for: `publish`, `read`, `manage`, `rpc`, single methods, or `*` for all.
        channels: patterns such as `orders:*`, outside of which it may name no channel; none means all.
    """

    name: str
    key: SecretStr
    scopes: _Words = (EVERYTHING,)
    channels: _Words = ()

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not re.fullmatch("[A-Za-z0-9_.-]{1,64}", name):
            raise wrong("is what logs show: up to 64 letters, digits and any of _ . -")
        return name

    @field_validator("scopes")
    @classmethod
    def _check_scopes(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        for scope in scopes:
            if scope not in WORDS:
                raise wrong(f"has {scope!r}; there are {', '.join(WORDS)}")
        return scopes

    @field_serializer("key")
    def _write_key(self, key: SecretStr, info: FieldSerializationInfo) -> str:
        reveal = bool(info.context and info.context.get("reveal"))
        return key.get_secret_value() if reveal else "***"

    @property
    def value(self) -> ApiKey:
        """Return it as the API takes it, with the secret in the clear."""
        secret = self.key.get_secret_value()
        return ApiKey(self.name, secret, frozenset(self.scopes), self.channels)


class AdminPart(Part):
    """The admin page, as `[admin]` in the file.

    Args:
        password: what opens the page at `/admin`, as keys of the API do; of at least 12 characters.
        session_s: seconds after which it is asked for again; no longer than `revocations.ttl_s`, for which
            it is remembered who logged out.
    """

    password: SecretStr = SecretStr("")
    session_s: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 12 * 3600

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr) -> SecretStr:
        if 0 < len(password.get_secret_value()) < PASSWORD_LENGTH:
            raise wrong(f"is shorter than {PASSWORD_LENGTH} characters")
        return password

    @field_serializer("password")
    def _write_password(self, password: SecretStr, info: FieldSerializationInfo) -> str:
        reveal = bool(info.context and info.context.get("reveal"))
        return password.get_secret_value() if reveal else "***" if password else ""

    @property
    def value(self) -> AdminSettings:
        """Return it as the admin page takes it, with the password in the clear."""
        return AdminSettings(self.password.get_secret_value(), self.session_s)


def named_keys(value: object) -> object:
    """Give a name to keys that are nothing but a secret: `key1`, `key2` ... by their place."""
    value = listed(value)
    if not isinstance(value, list | tuple):
        return value
    return tuple(
        {"name": f"key{number}", "key": each} if isinstance(each, str | SecretStr) else each
        for number, each in enumerate(value, 1)
    )
