"""What the app asks of a source: another system whose messages become publications."""

from __future__ import annotations

from typing import Protocol

from hubbub.hub.contract import Outlet


class Source(Outlet, Protocol):
    """Bring another system's messages into channels, over one connection per process."""

    async def start(self) -> None:
        """Connect, and begin to bring messages in. Raises BrokerUnavailable with a sentence."""
        ...

    async def close(self) -> None:
        """End the connection and every task."""
        ...
