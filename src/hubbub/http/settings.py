"""What the HTTP side may be asked, and by whom."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Say who may use the API, and bound a request.

    Args:
        keys: secrets, one of which a program shows; never printed.
        open: whether the API answers without a key as long as none is configured.
        body_limit: bytes of a request's body. payload_limit: bytes of what one publish publishes.
    """

    keys: tuple[str, ...] = field(default=(), repr=False)
    open: bool = True
    body_limit: int = 1024 * 1024
    payload_limit: int = 256 * 1024
