"""Filters on the tags of publications: a tree of comparisons, which a subscriber gives when it subscribes.

A leaf compares one tag, `and`, `or` and `not` join what is below them. What a comparison means is what
Centrifugo says it means; where a publication has no such tag::

    eq sw ew ct  gt gte lt lte    do not match (the last four neither where one side is no number)
    neq  nex                      match
    in nin                        take the tag for ""

Numbers are decimal digits, with a sign and a fraction or without, and are compared exactly.

A filter saves bandwidth. It hides nothing: whoever may subscribe may subscribe without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import TypeAlias

from msgspec import Struct

from hubbub.errors import BAD_REQUEST_ERROR, Refused

NODES_LIMIT = 64
DEPTH_LIMIT = 8
VALUES_LIMIT = 512
CHARACTERS_LIMIT = 8192
"""Of all keys and values together."""

Tags: TypeAlias = Mapping[str, str]
Test: TypeAlias = Callable[[Tags], bool]

_ONE_VALUE = frozenset({"eq", "neq", "sw", "ew", "ct", "gt", "gte", "lt", "lte"})
_VALUES = frozenset({"in", "nin"})
_NO_VALUE = frozenset({"ex", "nex"})
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(?:\.[0-9]{1,20})?")
_ORDERS = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


class FilterNode(Struct, gc=False):
    """A node as a client sends it; `op` is empty for a leaf."""

    op: str = ""
    key: str = ""
    cmp: str = ""
    val: str = ""
    vals: list[str] = []
    nodes: list[FilterNode] = []


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TagFilter:
    """A filter that was found to be well-formed; two that say the same in the same order are equal.

    Args:
        op: what joins `nodes`, or "" for a leaf.
        cmp: how a leaf compares the tag `key` with `val`, or with each of `vals`.
        comparisons: how many a look at one publication takes at most.
    """

    op: str = ""
    key: str = ""
    cmp: str = ""
    val: str = ""
    vals: frozenset[str] = frozenset()
    nodes: tuple[TagFilter, ...] = ()
    comparisons: int = field(init=False, compare=False, repr=False)
    _test: Test = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        comparisons = sum(node.comparisons for node in self.nodes) or 1
        object.__setattr__(self, "comparisons", comparisons)
        tests = [node._test for node in self.nodes]
        object.__setattr__(self, "_test", _joined(self.op, tests) if self.op else _leaf(self))

    def matches(self, tags: Tags | None) -> bool:
        """Tell whether a publication with these tags is to be shown."""
        return self._test(tags or {})


def parse_filter(node: FilterNode) -> TagFilter:
    """Return the filter that a client sent. Raises Refused (107) for one that is malformed or too large."""
    values = characters = 0
    for count, each in enumerate(_flat(node, 1), 1):
        values += len(each.vals)
        characters += len(each.key) + len(each.val) + sum(map(len, each.vals))
        if count > NODES_LIMIT or values > VALUES_LIMIT or characters > CHARACTERS_LIMIT:
            raise _refused(
                f"a filter has at most {NODES_LIMIT} nodes, {VALUES_LIMIT} values in lists and "
                f"{CHARACTERS_LIMIT} characters"
            )
    return _parsed(node)


def _flat(node: FilterNode, depth: int) -> Iterator[FilterNode]:
    if depth > DEPTH_LIMIT:
        raise _refused(f"a filter has at most {DEPTH_LIMIT} levels")
    yield node
    for each in node.nodes:
        yield from _flat(each, depth + 1)


def _parsed(node: FilterNode) -> TagFilter:
    if node.op in {"and", "or"}:
        if not node.nodes:
            raise _refused(f"{node.op!r} joins at least one node")
    elif node.op == "not":
        if len(node.nodes) != 1:
            raise _refused("'not' has exactly one node")
    elif node.op:
        raise _refused(f"{node.op[:20]!r} is no operation; there are 'and', 'or' and 'not'")
    else:
        _check_leaf(node)
        return TagFilter("", node.key, node.cmp, node.val, frozenset(node.vals))
    return TagFilter(node.op, nodes=tuple(map(_parsed, node.nodes)))


def _check_leaf(node: FilterNode) -> None:
    cmp = node.cmp
    if cmp not in _ONE_VALUE | _VALUES | _NO_VALUE:
        raise _refused(f"{cmp[:20]!r} is no comparison")
    if bool(node.val) != (cmp in _ONE_VALUE) or bool(node.vals) != (cmp in _VALUES):
        wanted = "'val'" if cmp in _ONE_VALUE else "'vals'" if cmp in _VALUES else "no value"
        raise _refused(f"{cmp!r} takes {wanted} and nothing else")
    if not node.key and cmp not in _NO_VALUE:
        raise _refused(f"{cmp!r} needs a key")


def _refused(sentence: str) -> Refused:
    return Refused(BAD_REQUEST_ERROR, f"bad request: {sentence}")


def _joined(op: str, tests: list[Test]) -> Test:
    if op == "and":
        return lambda tags: all(test(tags) for test in tests)
    if op == "or":
        return lambda tags: any(test(tags) for test in tests)
    return lambda tags: not tests[0](tags)


def _leaf(leaf: TagFilter) -> Test:
    key, val, vals = leaf.key, leaf.val, leaf.vals
    tests: dict[str, Test] = {
        "eq": lambda tags: tags.get(key) == val,
        "neq": lambda tags: tags.get(key) != val,
        "in": lambda tags: tags.get(key, "") in vals,
        "nin": lambda tags: tags.get(key, "") not in vals,
        "ex": lambda tags: key in tags,
        "nex": lambda tags: key not in tags,
        "sw": lambda tags: tags.get(key, "").startswith(val),
        "ew": lambda tags: tags.get(key, "").endswith(val),
        "ct": lambda tags: val in tags.get(key, ""),
    }
    return tests.get(leaf.cmp) or _order(leaf)


def _order(leaf: TagFilter) -> Test:
    key, holds, bound = leaf.key, _ORDERS[leaf.cmp], _number(leaf.val)
    if bound is None:
        return lambda tags: False

    def test(tags: Tags) -> bool:
        value = _number(tags.get(key, ""))
        return value is not None and holds(value, bound)

    return test


@lru_cache(maxsize=1024)
def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None
