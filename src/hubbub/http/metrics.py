"""The node's counts for Prometheus.

The hub counts in plain integers; they are copied when somebody looks, so that no message pays for it.
Workers that share a port cannot know which of them is asked: with `PROMETHEUS_MULTIPROC_DIR` set (the
supervisor does that) each one copies its counts to that directory every second, and whoever is asked adds
them all up.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.http.api.router import Called
from hubbub.http.health import readiness
from hubbub.http.node import Node
from hubbub.hub.contract import Statistics

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the directory in which workers meet."""

_NOW = frozenset({"channels", "subscriptions"})
"""Statistics that go up and down; the others only grow."""

_HELP = {
    "published": "Publications that clients and programs asked for",
    "delivered": "Messages handed to clients' sockets",
    "entries": "Entries of the log that the broker's feed brought",
    "duplicates": "Entries that came twice and were dropped",
    "heals": "Repairs of a channel after its feed lost something",
    "resyncs": "Repairs that could not bring back everything, and were told to clients",
    "recovered": "Clients that came back and got all they had missed",
    "unrecovered": "Clients that came back too late for that",
    "unreadable": "Entries that no Hubbub wrote, or a newer one",
    "slow_disconnects": "Clients disconnected because they did not read",
    "hooks_asked": "Questions that the application was asked by HTTP",
    "hooks_failed": "Questions that it did not answer in time, or not at all, or wrongly",
    "events_told": "Events that the application was told",
    "events_lost": "Events that it could not be told in time",
    "channels": "Channels that are followed",
    "subscriptions": "Subscriptions of all sessions",
}

_ORDERS = {
    "asked": "Orders to other nodes that wanted an answer",
    "carried_out": "Orders of other nodes, or its own, that a node carried out",
    "failed": "Orders that a node could not carry out",
    "late": "Answers to orders for which nobody waited any more",
    "unreadable": "Words between nodes that no Hubbub wrote, or a newer one",
}


class Metrics:
    """Keep a Prometheus registry in step with one node.

    Args:
        node: whose counts are shown. calls: how often each method of its API was called, by whom.
    """

    def __init__(self, node: Node, calls: Mapping[Called, int]) -> None:
        self._node = node
        self._calls = calls
        self.shared = SHARED in os.environ
        self._registry = CollectorRegistry()
        if self.shared:
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]
        else:
            ProcessCollector(registry=self._registry)
            PlatformCollector(registry=self._registry)
            GCCollector(registry=self._registry)
        names = [field.name for field in dataclasses.fields(Statistics)]
        self._gauges = {
            name: self._gauge(name, _HELP.get(name, name)) for name in names if name in _NOW
        }
        self._gauges["sessions"] = self._gauge("sessions", "Sessions that are connected")
        self._revocations = self._gauge("revocations", "Revocations that count", "livemax")
        self._ready = self._gauge("ready", "Nodes that want clients")
        self._counters = {
            name: self._counter(name, _HELP.get(name, name)) for name in names if name not in _NOW
        }
        for name, words in _ORDERS.items():
            self._counters[f"orders_{name}"] = self._counter(f"orders_{name}", words)
        self._counters["sessions"] = self._counter("sessions_opened", "Sessions since the start")
        self._copied = dict.fromkeys(self._counters, 0)
        self._api_calls = Counter(
            "hubbub_api_calls",
            "Calls of the API's methods, by the name of the key and the error's code",
            Called._fields,
            registry=None if self.shared else self._registry,
        )
        self._copied_calls: dict[Called, int] = {}

    def _gauge(
        self, name: str, words: str, of_all: Literal["livesum", "livemax"] = "livesum"
    ) -> Gauge:
        registry = None if self.shared else self._registry
        return Gauge(f"hubbub_{name}", words, registry=registry, multiprocess_mode=of_all)

    def _counter(self, name: str, words: str) -> Counter:
        return Counter(f"hubbub_{name}", words, registry=None if self.shared else self._registry)

    @property
    def routes(self) -> list[Route]:
        """Return where Prometheus looks."""
        return [Route("/metrics", self.show)]

    def refresh(self) -> None:
        """Copy the node's counts."""
        counts = self._node.hub.statistics
        now = {name: getattr(counts, name) for name in self._gauges if name != "sessions"}
        grown = {name: getattr(counts, name) for name in self._counters if hasattr(counts, name)}
        orders = self._node.control.statistics
        grown |= {f"orders_{name}": getattr(orders, name) for name in _ORDERS}
        now["sessions"] = len(self._node.sessions)
        grown["sessions"] = self._node.sessions.total
        for name, gauge in self._gauges.items():
            gauge.set(now[name])
        for name, counter in self._counters.items():
            counter.inc(grown[name] - self._copied[name])
        self._copied = grown
        self._revocations.set(len(self._node.revocations))
        for called, count in self._calls.items():
            new = count - self._copied_calls.get(called, 0)
            self._api_calls.labels(*called).inc(new)
        self._copied_calls = dict(self._calls)
        self._ready.set(readiness(self._node).ok)

    async def show(self, request: Request) -> Response:
        """Answer with the counts, in Prometheus' text format."""
        self.refresh()
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
