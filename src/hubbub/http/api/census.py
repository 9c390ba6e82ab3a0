"""What is on all nodes together: every node is asked, and what they say is put together."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from operator import add

import msgspec
from msgspec import Struct

from hubbub.http.api.results import NodeInfo, ProcessInfo
from hubbub.http.node import Node
from hubbub.http.process import Process, resident_bytes
from hubbub.http.pulse import Down
from hubbub.http.trends import Sample, Trend, columns
from hubbub.hub.paging import Part, merged, part_of
from hubbub.hub.permissions.permission import matches
from hubbub.model import ChannelName

CHANNELS = "census.channels"
INFO = "census.info"
TRENDS = "census.trends"
"""The orders by which nodes ask each other."""

STRIDE = 2000
"""Channels that are looked at before others get a turn."""


class Search(Struct, frozen=True, array_like=True):
    """Which channels are wanted: those behind `after` that fit `pattern`, and one of `within`, if any.

    Every node answers with its first `limit`.
    """

    pattern: str
    within: tuple[str, ...]
    after: ChannelName
    limit: int

    def fits(self, name: ChannelName) -> bool:
        """Tell whether a channel is wanted."""
        return (
            name > self.after
            and (not self.pattern or matches(self.pattern, name))
            and (not self.within or any(matches(each, name) for each in self.within))
        )


class Told(Struct, frozen=True, array_like=True):
    """What a node says of itself, and of the workers beside it that are down."""

    node: NodeInfo
    down: tuple[Down, ...]


_encode = msgspec.msgpack.Encoder().encode
_SINCE = msgspec.msgpack.Decoder(int)
_SEARCH = msgspec.msgpack.Decoder(Search)
_PART: msgspec.msgpack.Decoder[Part[int]] = msgspec.msgpack.Decoder(Part[int])
_TRENDS: msgspec.msgpack.Decoder[list[Sample]] = msgspec.msgpack.Decoder(list[Sample])
_INFO = msgspec.msgpack.Decoder(Told)


@dataclass(frozen=True, slots=True)
class Page:
    """Channels of all nodes. `cursor` is where the next page begins, "" after the last one.

    `missing` names the living nodes that did not answer: then something may lack.
    """

    channels: Mapping[ChannelName, int]
    cursor: ChannelName
    missing: list[str] = field(default_factory=list)


class Census:
    """Know what is on all nodes.

    Args:
        node: this one; it answers the others through its `control`.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._born = time.monotonic()
        self._process = Process(self._born)
        node.control.on(CHANNELS, self._tell_channels)
        node.control.on(INFO, self._tell_info)
        node.control.on(TRENDS, self._tell_trends)

    async def channels(self, search: Search) -> Page:
        """Return a page of the channels that somebody follows. Raises OrderFailed, BrokerUnavailable."""
        answers = await self._node.control.ask_all(CHANNELS, _encode(search))
        parts, missing = answers.read(_PART)
        return Page(*merged(parts, search.limit, add), missing)

    async def nodes(self) -> tuple[list[NodeInfo], list[Down], list[str]]:
        """Return the nodes' numbers, the workers that are down, and which nodes did not answer.

        Raises OrderFailed, BrokerUnavailable.
        """
        told, missing = (await self._node.control.ask_all(INFO)).read(_INFO)
        # All neighbours of a worker that is down tell of it.
        down = {(each.host, each.worker): each for one in told for each in one.down}
        return [one.node for one in told], [down[key] for key in sorted(down)], missing

    async def trends(self, since: int) -> tuple[dict[str, Trend], list[str]]:
        """Return how the nodes fared after a time in milliseconds, and which nodes did not answer.

        Raises OrderFailed, BrokerUnavailable.
        """
        answers = await self._node.control.ask_all(TRENDS, _encode(since))
        told, missing = answers.read_by_node(_TRENDS)
        return {node: columns(samples) for node, samples in told.items()}, missing

    async def _tell_channels(self, payload: bytes) -> bytes:
        search = _SEARCH.decode(payload)
        channels = iter(self._node.hub.occupied())
        first: list[tuple[ChannelName, int]] = []
        while some := list(islice(channels, STRIDE)):
            found = [each for each in some if search.fits(each[0])]
            first = sorted(first + found)[: search.limit + 1]
            await asyncio.sleep(0)
        return _encode(part_of(first, search.limit))

    def _tell_trends(self, payload: bytes) -> bytes:
        return _encode(self._node.trends.since(_SINCE.decode(payload)))

    def _tell_info(self, payload: bytes) -> bytes:
        node, now = self._node, time.monotonic()
        counts, pulse = node.hub.statistics, node.pulse
        rates = pulse.rates()
        told = NodeInfo(
            uid=node.name,
            name=node.name,
            version=version("hubbub"),
            num_clients=len(node.sessions),
            num_users=node.sessions.users,
            num_subs=counts.subscriptions,
            num_channels=counts.channels,
            uptime=int(now - self._born),
            process=ProcessInfo(
                self._process.cpu(now), resident_bytes(), os.getpid(), rates.lag_ms
            ),
            worker=pulse.worker,
            port=pulse.port,
            messages_in=rates.messages_in,
            messages_out=rates.messages_out,
        )
        return _encode(Told(told, pulse.down))
