"""What an operator may set about the Redis engine, and every bound it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait in one node while Redis is slow or away."""

    queue_commands: int = 10_000
    """Commands without an answer; the next one raises BrokerUnavailable at once."""
    queue_bytes: int = 64 * 1024 * 1024
    """Payload bytes of those commands."""
    subscribe_names: int = 512
    """Channel names in one SUBSCRIBE, so that Redis is never held by one long command."""
    tops_channels: int = 256
    """Channels in one look at many tops."""
    presence_at_once: int = 500
    """Entries of dead nodes, or vacated channels, that one run of a script takes out."""
    records_at_once: int = 500
    """Records whose time may be over that one run of a script looks at."""


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Where Redis is and how patient this node is with it. All times are seconds."""

    url: str = "redis://127.0.0.1:6379/0"
    prefix: str = "hubbub"
    """What every key and channel begins with; two applications on one Redis need two prefixes."""
    connect_timeout_s: float = 5.0
    """For one attempt: name look-up, TCP, TLS, password, scripts."""
    command_timeout_s: float = 10.0
    """How long a command may wait for its answer, the time without a connection included."""
    retry_first_s: float = 0.05
    retry_most_s: float = 2.0
    probe_silence_s: float = 5.0
    """A feed that was silent for so long is probed."""
    probe_timeout_s: float = 5.0
    """A probe that is not back after so long condemns both connections."""
    probe_every_s: float = 30.0
    """A busy feed is probed this often, because reading well says nothing about writing."""
    node_lease_s: float = 12.0
    """Presence entries of a node that did not renew for so long vanish."""
    idempotency_s: float = 300.0
    """How long a publication's key is remembered."""
    meta_ttl_s: float = 30 * DAY_S
    """How long offsets and epoch of an idle channel are remembered (twice its history's age at least)."""
    newborn_ttl_s: float = 300.0
    """The same, of a channel in which nothing was published, since somebody has asked for it last."""
    sweep_s: float = 60.0
    """How often records are looked for whose time is over."""
    bounds: Bounds = field(default_factory=Bounds)
