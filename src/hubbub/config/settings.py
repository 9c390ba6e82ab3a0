"""What can be set, with its defaults: the parts declare their own settings, this gathers them.

`Settings(...)` is a plain value that reads neither files nor the environment; `load` does that. The order
of the fields matters to the checks: a check sees the fields declared above its own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hubbub.config.checks import (
    address,
    bounded,
    first_port,
    is_loopback,
    listed,
    permissions_in,
    sound,
    worker_count,
    wrong,
)
from hubbub.config.hooks import Hooks
from hubbub.config.listening import Listener
from hubbub.config.parts import (
    AdminPart,
    ApiKeySettings,
    EndpointSettings,
    Part,
    SourceSettings,
    named_keys,
)
from hubbub.config.tokens import Tokens
from hubbub.errors import Refused, redacted
from hubbub.hooks.settings import HookSettings
from hubbub.http.settings import ApiKey, ApiSettings
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.permissions.namespaces import BOUNDARY, RESERVED, Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.sessions.entries import EntryLimits
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.revoking.revocation import RevocationSettings
from hubbub.sessions.tokens import TokenSettings
from hubbub.transports.listening import ListenerSettings

BROKERS = ("memory", "sqlite", "redis", "rediss", "unix")
"""Schemes of the engines that can be named."""


KEY_LENGTH = 8
"""Characters that a key of the API has at least."""

_UNDECIDED: Any = None
"""Stands for `open` where nobody said it."""
_UNSIGNED, _UNGUARDED = TokenSettings(), AdminPart()
"""Stand for `tokens` and `admin` where they are wrong, which is told anyway."""

_CHAT = Namespace(
    typing=True, edits=True, reactions=True, receipts=True, people=True, mentions="to"
)
"""The rooms of the chat page on an open server for which no namespace is configured."""


def _check_name(name: str) -> str:
    if not name or BOUNDARY in name or name.startswith((RESERVED, "#")) or not name.isprintable():
        raise wrong(
            f"{name!r} cannot name a namespace: it is empty or has {BOUNDARY}, ! or # in it"
        )
    return name


_Bounded: TypeAlias = Annotated[Namespace, AfterValidator(sound)]
_Keys: TypeAlias = Annotated[tuple[ApiKeySettings, ...], BeforeValidator(named_keys)]
_Seconds: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(Part):
    """Everything an operator may set. The defaults are a server that is open and on loopback.

    Args:
        host: the address to listen on. port: 0 lets the system choose.
        workers: processes that share the port; `auto` is one per core.
        worker_ports: the first of the ports that the workers have for themselves as well, `6001+`; 0: none.
        broker: the engine's URL; a password in it is never shown.
        allowed_origins: pages that may connect, as `https://chat.example` or `*`; those of the server may. An
            open server on loopback answers to the names in them, to `localhost` and to addresses only.
        api_keys: secrets that let a program use `/api`; in the file also as tables, with names and scopes.
        log_level: what is worth a line on standard error.
        drain_s: seconds over which sessions are closed when the server stops.
        tls_cert, tls_key: files in PEM form; both or none.
        pages: a directory whose `index.html`, and what is beside it, is served instead of the chat page.
        tokens: whose tokens are believed. subscription_tokens: whose tokens for single channels are, where
            those have keys of their own.
        namespaces: options of channels by their prefix. default_namespace: of those without one. Where an
            open server has neither, `chat` has all that is for chats.
        open: whether clients are believed who they are, and unknown namespaces exist. Without a value: on
            loopback, unless keys (of the API or of tokens), a password or permissions are configured.
    """

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, BeforeValidator(worker_count)] = 1
    worker_ports: Annotated[int, BeforeValidator(first_port)] = 0
    broker: Annotated[str, address(BROKERS)] = Field(default="sqlite:///hubbub.db", repr=False)
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()
    api_keys: _Keys = ()
    admin: AdminPart = Field(default_factory=AdminPart)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    drain_s: _Seconds = 10.0
    tls_cert: str = ""
    tls_key: str = Field(default="", validate_default=True)
    pages: str = ""
    tokens: Tokens = Field(default_factory=TokenSettings)
    subscription_tokens: Tokens = Field(default_factory=TokenSettings)
    endpoints: tuple[EndpointSettings, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    default_namespace: _Bounded = Field(default_factory=Namespace)
    namespaces: dict[Annotated[str, AfterValidator(_check_name)], _Bounded] = Field(
        default_factory=dict
    )
    inbox: Annotated[InboxSettings, AfterValidator(bounded)] = Field(default_factory=InboxSettings)
    access: AccessSettings = Field(default_factory=AccessSettings)
    hub: Annotated[HubSettings, AfterValidator(bounded)] = Field(default_factory=HubSettings)
    limits: Annotated[SessionLimits, AfterValidator(bounded)] = Field(default_factory=SessionLimits)
    entries: Annotated[EntryLimits, AfterValidator(bounded)] = Field(default_factory=EntryLimits)
    revocations: Annotated[RevocationSettings, AfterValidator(bounded)] = Field(
        default_factory=RevocationSettings
    )
    listener: Listener = Field(default_factory=ListenerSettings)
    hooks: Hooks = Field(default_factory=HookSettings)
    api: Annotated[ApiSettings, AfterValidator(bounded)] = Field(default_factory=ApiSettings)
    open: bool = Field(default=_UNDECIDED, validate_default=True)

    @field_validator("worker_ports")
    @classmethod
    def _check_ports(cls, first: int, info: ValidationInfo) -> int:
        last = first + info.data.get("workers", 1) - 1
        if first and last > 65535:
            raise wrong("leaves no port for the last worker: begin lower")
        if first and first <= info.data.get("port", 0) <= last:
            raise wrong("and port overlap")
        return first

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", origin):
                raise wrong(
                    f"has {origin!r}; an origin reads like https://chat.example, without a path"
                )
        return origins

    @field_validator("api_keys")
    @classmethod
    def _check_keys(cls, keys: tuple[ApiKeySettings, ...]) -> tuple[ApiKeySettings, ...]:
        secrets = {key.name: key.key.get_secret_value() for key in keys}
        for name, secret in secrets.items():
            if len(secret) < KEY_LENGTH or not secret.isascii():
                raise wrong(
                    f"has {name}, which is shorter than {KEY_LENGTH} characters, or not ASCII"
                )
        if len(secrets) < len(keys):
            raise wrong("has two keys of one name")
        if len(set(secrets.values())) < len(keys):
            raise wrong("has one key twice")
        return keys

    @field_validator("tls_cert", "tls_key")
    @classmethod
    def _check_tls(cls, name: str, info: ValidationInfo) -> str:
        if name and not Path(name).is_file():
            raise wrong(f"is {name!r}, and there is no such file")
        if info.field_name == "tls_key" and bool(name) != bool(info.data.get("tls_cert", name)):
            raise wrong("and tls_cert go together: set both or none")
        return name

    @field_validator("pages")
    @classmethod
    def _check_pages(cls, name: str) -> str:
        if name and not (Path(name) / "index.html").is_file():
            raise wrong(f"is {name!r}, and there is no index.html in it")
        return name

    @field_validator("sources")
    @classmethod
    def _check_sources(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in sources]
        for name in names:
            if names.count(name) > 1:
                raise wrong(f"has two sources named {name!r}")
        return sources

    @field_validator("namespaces", "default_namespace")
    @classmethod
    def _check_source_names(
        cls, value: Namespace | dict[str, Namespace], info: ValidationInfo
    ) -> Namespace | dict[str, Namespace]:
        if "sources" in info.data:
            known = {source.name for source in info.data["sources"]} | {""}
            for namespace in value.values() if isinstance(value, dict) else (value,):
                if namespace.source not in known:
                    raise wrong(
                        f"names source {namespace.source!r}, which [[sources]] does not have"
                    )
        return value

    @field_validator("open", mode="before")
    @classmethod
    def _decide(cls, value: object, info: ValidationInfo) -> object:
        if value is not _UNDECIDED:
            return value
        unconfigured = not (
            info.data.get("api_keys")
            or info.data.get("admin", _UNGUARDED).password
            or info.data.get("tokens", _UNSIGNED).configured
            or permissions_in(info.data)
        )
        return is_loopback(info.data.get("host", "")) and unconfigured

    @field_validator("open")
    @classmethod
    def _check_reach(cls, is_open: bool, info: ValidationInfo) -> bool:
        """Refuse to be reachable from elsewhere by accident."""
        host, keys = info.data.get("host"), info.data.get("api_keys")
        if is_open or host is None or keys is None or is_loopback(host):
            return is_open
        settings = {"api_keys": bool(keys), "permissions in a namespace": permissions_in(info.data)}
        missing = " and no ".join(name for name, there in settings.items() if not there)
        if missing:
            raise wrong(
                f"is {host}, which can be reached from elsewhere, but there are no {missing}: "
                "configure them, or let everybody do everything with --open (open = true)",
                at="host",
            )
        return is_open

    @model_validator(mode="after")
    def _check_streams(self) -> Self:
        """Refuse a stream whose channel others can write to: its place in the stream would get lost."""
        for source in self.sources:
            if source.type != "redis_stream":
                continue
            channel = source.channel or source.stream
            try:
                owner = self.namespace_table.resolve(channel).source
            except Refused as refused:
                raise wrong(
                    f"has {source.name!r}, whose channel is wrong: {refused}", at="sources"
                ) from None
            if owner != source.name:
                raise wrong(
                    f"has {source.name!r} with channel {channel!r}, but the namespace of that channel "
                    f"does not say source = {source.name!r}",
                    at="sources",
                )
        return self

    @property
    def namespace_table(self) -> Namespaces:
        """Return the namespaces as the hub takes them."""
        bare = self.open and not self.namespaces and self.default_namespace == Namespace()
        given = {"chat": _CHAT} if bare else self.namespaces
        return Namespaces(self.default_namespace, given, self.open, inbox=self.inbox.channel())

    @property
    def names(self) -> tuple[str, ...] | None:
        """Return the origins whose names requests may give the server; None where any will do."""
        return self.allowed_origins if self.open and is_loopback(self.host) else None

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        """Return the API's keys as it takes them, secrets in the clear."""
        return tuple(key.value for key in self.api_keys)

    @property
    def broker_shown(self) -> str:
        """Return the broker's URL as it may be shown."""
        return redacted(self.broker)

    def to_json(self) -> bytes:
        """Return everything, secrets included, for the pipe to a worker and nowhere else."""
        return self.model_dump_json(context={"reveal": True}).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Settings:
        """Return what `to_json` wrote."""
        return cls.model_validate_json(data)
