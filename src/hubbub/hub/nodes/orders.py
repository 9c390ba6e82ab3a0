"""What nodes order of each other, as bytes, and what comes back.

Small tagged MessagePack arrays. Only our own nodes write them, but they are decoded as strictly as any input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from hubbub.errors import HubbubError

PAYLOAD_LIMIT = 4 * 1024 * 1024
"""Bytes of one order, or of one answer, at most."""
FAULT_LIMIT = 1000
"""Characters of the sentence that says why an order failed, at most."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Number = Annotated[int, msgspec.Meta(ge=0)]
_Payload = Annotated[bytes, msgspec.Meta(max_length=PAYLOAD_LIMIT)]


class UnreadableOrder(HubbubError):
    """Report a message between nodes that no node of this version wrote."""


class NodeGone(HubbubError):
    """Report that a node is not there, or does not answer; whether it carried the order out is unknown."""

    def __init__(self, node: str, detail: str) -> None:
        super().__init__(node, detail)
        self.node = node
        self.detail = detail

    def __str__(self) -> str:
        return f"node {self.node}: {self.detail}"


class NodeSilent(NodeGone):
    """Report that a node is among the living, and did not answer in time."""


class OrderFailed(HubbubError):
    """Report that a node took an order, and why it could not carry it out."""

    def __init__(self, node: str, detail: str) -> None:
        super().__init__(node, detail)
        self.node = node
        self.detail = detail

    def __str__(self) -> str:
        return f"node {self.node}: {self.detail}"


class Order(msgspec.Struct, frozen=True, array_like=True, tag="o1", forbid_unknown_fields=True):
    """Have something done by whoever hears it; `number` 0 wants no answer."""

    name: _Name
    sender: _Name
    number: _Number
    payload: _Payload


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="a1", forbid_unknown_fields=True):
    """Say what came of an order; `fault` is a sentence when it could not be carried out."""

    sender: _Name
    number: _Number
    payload: _Payload
    fault: Annotated[str, msgspec.Meta(max_length=FAULT_LIMIT)] = ""


class Parting(msgspec.Struct, frozen=True, array_like=True, tag="g1", forbid_unknown_fields=True):
    """Say that a node stops in order, so that nobody waits for it."""

    sender: _Name


Word: TypeAlias = Order | Answer | Parting
T = TypeVar("T")

encode = msgspec.msgpack.Encoder().encode
_word: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)


def open_word(payload: bytes) -> Word:
    """Return what a node said to another. Raises UnreadableOrder."""
    try:
        return _word.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableOrder(str(fault)) from fault


@dataclass(frozen=True, slots=True)
class Answers:
    """What all nodes said to one order.

    `by_node` has the answers, `failed` the sentences of those that could not carry it out, and `missing` the
    living nodes of which nothing was heard in time: then the result is partial.
    """

    by_node: dict[str, bytes] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def read(self, decoder: msgspec.msgpack.Decoder[T]) -> tuple[list[T], list[str]]:
        """Return what nodes said, and who said nothing, or nothing that this version understands."""
        said, silent = self.read_by_node(decoder)
        return list(said.values()), silent

    def read_by_node(self, decoder: msgspec.msgpack.Decoder[T]) -> tuple[dict[str, T], list[str]]:
        """Return the same by the nodes' names, in their order."""
        said: dict[str, T] = {}
        silent = [*self.missing, *self.failed]
        for name, payload in sorted(self.by_node.items()):
            try:
                said[name] = decoder.decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError):
                silent.append(name)
        return said, sorted(silent)
