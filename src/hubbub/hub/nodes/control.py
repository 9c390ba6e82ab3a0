"""Orders between nodes: ask one, ask all, tell all. It needs no more than the broker's feed and presence.

Every node hears two internal names, one of all nodes and one of its own, and is a member of an internal
channel under its lease, so that the living are known and the dead disappear. What is said this way arrives
at most once, and from one node in the order in which it was said. Who has to know that it arrived, asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from hubbub.brokers.contract import Broker, Entry
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable
from hubbub.hub.nodes.duties import Duties, Handler
from hubbub.hub.nodes.orders import (
    PAYLOAD_LIMIT,
    Answer,
    Answers,
    NodeGone,
    NodeSilent,
    Order,
    OrderFailed,
    Parting,
    UnreadableOrder,
    encode,
    open_word,
)
from hubbub.hub.nodes.questions import Question, Questions
from hubbub.hub.permissions.namespaces import RESERVED
from hubbub.hub.stepping import start
from hubbub.model import ChannelName

_log = structlog.get_logger(__name__)

EVERYBODY = f"{RESERVED}control"
"""What all nodes hear."""
NODES = f"{RESERVED}nodes"
"""The internal channel whose members are the living nodes."""

TIMEOUT_S = 3.0
"""How long an answer may take, where the caller does not say: less than the 5 s for which clients wait."""
RETRY_S = 0.5
"""Seconds between attempts to be known again while the broker is away."""
CLOSE_S = 1.0
"""How long a node that stops waits for the broker to take its last words."""


@dataclass(frozen=True, slots=True)
class ControlStatistics:
    """How many orders this node gave with a question, carried out and failed at since it started.

    `late` answers found nobody who waited; `unreadable` words were skipped.
    """

    asked: int
    carried_out: int
    failed: int
    late: int
    unreadable: int


class Control:
    """Give orders to the nodes of the cluster, and carry out theirs (a `brokers.contract.Receiver`).

    Args:
        broker: whose feed and presence carry everything.
        node: this node's name, unique in the cluster.
        clock: the time.
    """

    def __init__(self, broker: Broker, node: str, clock: Clock) -> None:
        self.node = node
        self.names: Sequence[ChannelName] = (EVERYBODY, _name_of(node))
        self._broker = broker
        self._duties = Duties(node)
        self._questions = Questions(node, clock)
        self.restored: Callable[[], None] = _nothing
        """Called where the broker may have forgotten what this node told it."""
        self._known: set[str] = set()
        self._info = b""
        self._entering: asyncio.Task[None] | None = None
        self._asked = 0
        self._late = 0
        self._unreadable = 0

    @property
    def statistics(self) -> ControlStatistics:
        """Return what was counted."""
        duties = self._duties
        return ControlStatistics(
            self._asked, duties.carried_out, duties.failed, self._late, self._unreadable
        )

    def on(self, order: str, handler: Handler) -> None:
        """Carry out the orders of a name by `handler`, which returns the answer, or waits for it.

        What it raises is answered as an error. A handler that waits keeps no other from running.
        """
        self._duties.assign(order, handler)

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    async def start(self, info: bytes = b"") -> None:
        """Listen, and be known to the others with `info`. Raises BrokerUnavailable."""
        self._info = info
        await self._broker.feed.subscribe(self.names)
        await self._broker.presence.enter(NODES, self.node, info)

    async def _enter(self) -> None:
        while True:
            try:
                await self._broker.presence.enter(NODES, self.node, self._info)
            except BrokerUnavailable:
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def close(self) -> None:
        """Say goodbye, and end all waiting; the broker is closed by whoever started it."""
        self._questions.end()
        if self._entering is not None:
            self._entering.cancel()
            await asyncio.wait((self._entering,))
        last: Sequence[asyncio.Future[None]] = (
            self._broker.feed.announce(EVERYBODY, encode(Parting(self.node))),
            start(self._broker.presence.leave(NODES, self.node)),
        )
        for word in last:
            word.add_done_callback(_forget)
        # Where the broker does not take them, the lease ends all the same.
        await asyncio.wait(last, timeout=CLOSE_S)
        self._broker.feed.unsubscribe(self.names)
        await self._duties.close()

    # ── giving orders ───────────────────────────────────────────────────────────────────────────

    async def nodes(self) -> dict[str, bytes]:
        """Return the living nodes, this one included, each with its info. Raises BrokerUnavailable."""
        found = await self._broker.presence.members(NODES)
        found.setdefault(self.node, self._info)
        self._known = set(found)
        self._questions.forget(found)
        return found

    async def call(
        self, node: str, order: str, payload: bytes = b"", timeout_s: float = TIMEOUT_S
    ) -> bytes:
        """Have one node carry out an order, and return its answer.

        Raises NodeGone when it is unknown or stops, NodeSilent (a NodeGone) when it lives and does not answer
        in time, OrderFailed when it could not, BrokerUnavailable.
        """
        if node != self.node and node not in self._known and node not in await self.nodes():
            raise NodeGone(node, "no living node has this name")
        question = self._open((node,), payload, timeout_s, wide=False)
        await self._ask(_name_of(node), question, order, payload)
        answer = question.answers.get(node)
        if answer is None:
            self._known.discard(node)
            if node not in question.missing:
                raise NodeGone(node, "it stopped")
            silent = f"it did not answer in {timeout_s:g} s"
            if node in await self.nodes():
                raise NodeSilent(node, silent)
            raise NodeGone(node, f"{silent}, and is no more")
        if answer.fault:
            raise OrderFailed(node, answer.fault)
        return answer.payload

    async def ask_all(
        self, order: str, payload: bytes = b"", timeout_s: float = TIMEOUT_S
    ) -> Answers:
        """Have every living node carry out an order, this one included, and return what they say.

        A node that does not answer in time is named; that is no error. Raises OrderFailed when nothing could
        be asked (too big, too many questions open), or BrokerUnavailable.
        """
        question = self._open(await self.nodes(), payload, timeout_s, wide=True)
        await self._ask(EVERYBODY, question, order, payload)
        answers = question.answers.values()
        return Answers(
            {answer.sender: answer.payload for answer in answers if not answer.fault},
            {answer.sender: answer.fault for answer in answers if answer.fault},
            tuple(question.missing),
        )

    async def tell_all(self, order: str, payload: bytes = b"") -> None:
        """Have every node carry out an order, this one included, once each; return when the broker has it.

        A node whose feed is interrupted now misses it. Raises OrderFailed when it is too big, and
        BrokerUnavailable.
        """
        self._check_size(payload)
        await self._broker.feed.announce(EVERYBODY, encode(Order(order, self.node, 0, payload)))

    def _open(
        self, nodes: Sequence[str] | dict[str, bytes], payload: bytes, timeout_s: float, wide: bool
    ) -> Question:
        self._check_size(payload)
        self._asked += 1
        return self._questions.add(nodes, timeout_s, wide)

    async def _ask(
        self, where: ChannelName, question: Question, order: str, payload: bytes
    ) -> None:
        asked = Order(order, self.node, question.number, payload)
        try:
            if where != _name_of(self.node):
                await self._broker.feed.announce(where, encode(asked))
            if self.node in question.missing:
                self._duties.take_up(asked, self._take_answer)
            await question.done
        finally:
            self._questions.close(question)

    def _check_size(self, payload: bytes) -> None:
        if len(payload) > PAYLOAD_LIMIT:
            raise OrderFailed(self.node, f"an order has {PAYLOAD_LIMIT} bytes at most")

    def mourn(self, node: str) -> None:
        """Have nobody wait for a node that is known to be dead."""
        last = self._broker.feed.announce(EVERYBODY, encode(Parting(node)))
        last.add_done_callback(_forget)

    # ── what the feed brings (brokers.contract.Receiver) ────────────────────────────────────────

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Skip it: nodes append nothing to a log here."""
        self._unreadable += 1

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Take what a node said."""
        try:
            word = open_word(payload)
        except UnreadableOrder as fault:
            self._unreadable += 1
            _log.warning("unreadable order skipped", channel=channel, fault=str(fault))
            return
        if isinstance(word, Answer):
            self._take_answer(word)
        elif isinstance(word, Parting):
            self._known.discard(word.sender)
            self._questions.part(word.sender)
        elif not word.number:
            self._duties.take_up(word, _keep)
        elif word.sender != self.node:  # what this node asks, it takes up without the feed
            self._duties.take_up(word, partial(self._send, _name_of(word.sender)))

    def on_restored(self) -> None:
        """Be known again: the broker may have come back empty."""
        if self._entering is not None:
            self._entering.cancel()
        self._entering = asyncio.create_task(self._enter())
        self.restored()

    def _take_answer(self, answer: Answer) -> None:
        if not self._questions.take(answer):
            self._late += 1

    def _send(self, where: ChannelName, answer: Answer) -> None:
        self._broker.feed.announce(where, encode(answer)).add_done_callback(_forget)


def _name_of(node: str) -> ChannelName:
    return f"{RESERVED}node.{node}"


def _nothing() -> None:
    """Do nothing, where nobody told the broker more than this."""


def _keep(answer: Answer) -> None:
    """Tell nobody: whoever tells all does not listen for answers."""


def _forget(said: asyncio.Future[None]) -> None:
    """Let a last word, or an answer, be lost: whoever waits for it has a deadline."""
    if not said.cancelled():
        said.exception()
