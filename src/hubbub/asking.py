"""How a program that has an app runs a function of its own on another node, or on all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from hubbub.hooks.ordered import Asked
from hubbub.hooks.returns import payload
from hubbub.hub.nodes.control import TIMEOUT_S, Control
from hubbub.model import SessionId
from hubbub.sessions.addresses import node_of

ORDER = "application"
"""The name of the orders that functions of the application carry out."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class NodeAnswers:
    """What all nodes answered.

    Args:
        by_node: the answers, by the name of the node. failed: in a sentence, why some could not.
        missing: living nodes that did not answer in time; whether they did it is unknown.
    """

    by_node: dict[str, object] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


class Asker:
    """Have functions that were registered by `order` run elsewhere.

    Data and answers are what becomes JSON. Both methods raise TypeError for what does not, OrderFailed where
    it cannot be asked, and BrokerUnavailable.
    """

    control: Control
    """Orders to and from the other nodes."""

    async def ask(
        self,
        order: str,
        data: object = None,
        *,
        node: str = "",
        session_id: SessionId = "",
        timeout_s: float = TIMEOUT_S,
    ) -> object:
        """Have a function run on one node, and return its answer.

        Args:
            order: what it was registered as. data: what it gets.
            node: the name of the node ("": that of `session_id`, or this one). timeout_s: its deadline.

        Raises NodeGone where there is no such node, NodeSilent (a NodeGone) where it does not answer in time,
        and OrderFailed with what the function raised on purpose.
        """
        where = node or node_of(session_id) or self.control.node
        answer = await self.control.call(where, ORDER, _asked(order, data), timeout_s)
        return _decode(answer)

    async def ask_all(
        self, order: str, data: object = None, *, timeout_s: float = TIMEOUT_S
    ) -> NodeAnswers:
        """Have a function run on every living node, this one included; return what they answer in time."""
        said = await self.control.ask_all(ORDER, _asked(order, data), timeout_s)
        answers = {name: _decode(answer) for name, answer in said.by_node.items()}
        return NodeAnswers(answers, dict(said.failed), said.missing)


def _asked(order: str, data: object) -> bytes:
    said, _ = payload(data)
    return _encode(Asked(order, said))
