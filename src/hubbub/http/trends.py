"""How a node fared lately: a sample every few seconds, of the last minutes."""

from __future__ import annotations

from collections import deque
from typing import Annotated

from msgspec import Meta, Struct

STEP = 5
"""Beats between two samples; there is a beat a second."""
KEPT = 240
"""Samples that are kept: twenty minutes."""


class Sample(Struct, frozen=True, array_like=True):
    """How a node was at a time (milliseconds since 1970), and on average, or at worst, since the last one.

    `latency_ms` is how long the last message took that the broker measured, from its publish to this node's
    feed; None while the broker cannot be relied on.
    """

    time: int
    messages_in: float
    messages_out: float
    lag_ms: float
    latency_ms: float | None
    cpu: float
    rss: int
    num_clients: int
    num_subs: int


class Trend(Struct, frozen=True):
    """A node's samples, oldest first, as columns of the same length."""

    time: Annotated[list[int], Meta(description="Milliseconds since 1970.")]
    messages_in: Annotated[list[float], Meta(description="Publications a second.")]
    messages_out: Annotated[list[float], Meta(description="Deliveries to clients a second.")]
    lag_ms: Annotated[
        list[float], Meta(description="Milliseconds that the event loop was late at worst.")
    ]
    latency_ms: Annotated[
        list[float | None],
        Meta(description="Milliseconds from a publish to the node's feed; null without a broker."),
    ]
    cpu: Annotated[list[float], Meta(description="Percent of one processor.")]
    rss: Annotated[list[int], Meta(description="Bytes of memory.")]
    num_clients: Annotated[list[int], Meta(description="Sessions.")]
    num_subs: Annotated[list[int], Meta(description="Subscriptions of all sessions.")]


class Trends:
    """Keep the samples of a node."""

    __slots__ = ("_beats", "_samples")

    def __init__(self) -> None:
        self._beats = 0
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def is_due(self) -> bool:
        """Count a beat, and tell whether a sample is to be taken with it."""
        self._beats += 1
        return self._beats % STEP == 0

    def add(self, sample: Sample) -> None:
        """Keep a sample; the oldest makes room."""
        self._samples.append(sample)

    def since(self, time: int) -> list[Sample]:
        """Return what is kept from after a time in milliseconds."""
        return [sample for sample in self._samples if sample.time > time]


def columns(samples: list[Sample]) -> Trend:
    """Return samples as columns."""
    return Trend(
        [each.time for each in samples],
        [each.messages_in for each in samples],
        [each.messages_out for each in samples],
        [each.lag_ms for each in samples],
        [each.latency_ms for each in samples],
        [each.cpu for each in samples],
        [each.rss for each in samples],
        [each.num_clients for each in samples],
        [each.num_subs for each in samples],
    )
