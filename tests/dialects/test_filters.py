from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.filters import (
    CHARACTERS_LIMIT,
    DEPTH_LIMIT,
    NODES_LIMIT,
    VALUES_LIMIT,
    FilterNode,
    TagFilter,
    parse_filter,
)
from hubbub.errors import Refused

Node = dict[str, Any]

TAGS = {"ticker": "AAPL", "source": "NASDAQ", "price": "150.25", "volume": "1000", "empty": ""}


def parsed(node: Node) -> TagFilter:
    return parse_filter(msgspec.convert(node, FilterNode))


def leaf(key: str, cmp: str, *vals: str) -> Node:
    if cmp in {"in", "nin"}:
        return {"key": key, "cmp": cmp, "vals": list(vals)}
    return {"key": key, "cmp": cmp, "val": vals[0]} if vals else {"key": key, "cmp": cmp}


def naive(node: Node, tags: dict[str, str]) -> bool:
    """Evaluate a filter as its description says, with nothing of ours."""
    below = [naive(each, tags) for each in node.get("nodes", [])]
    match node.get("op", ""):
        case "and":
            return False not in below
        case "or":
            return True in below
        case "not":
            return not below[0]
    there, tag, val = node["key"] in tags, tags.get(node["key"], ""), node.get("val", "")
    match node["cmp"]:
        case "eq":
            return there and tag == val
        case "neq":
            return not there or tag != val
        case "in":
            return tag in node["vals"]
        case "nin":
            return tag not in node["vals"]
        case "ex":
            return there
        case "nex":
            return not there
        case "sw":
            return there and tag[: len(val)] == val
        case "ew":
            return there and tag[len(tag) - len(val) :] == val and len(tag) >= len(val)
        case "ct":
            return there and tag.find(val) >= 0
    try:
        difference = Fraction(tag) - Fraction(val)
    except ValueError:
        return False
    return {
        "gt": difference > 0,
        "gte": difference >= 0,
        "lt": difference < 0,
        "lte": difference <= 0,
    }[node["cmp"]]


KEYS = st.sampled_from(["a", "b", "c"])
WORDS = st.sampled_from(["", "x", "xy", "yx", "1", "-1", "+1.0", "1.50", "1.5", "007", "abc"])
VALUES = WORDS.filter(bool)


def nodes() -> st.SearchStrategy[Node]:
    one = st.builds(
        leaf,
        KEYS,
        st.sampled_from(["eq", "neq", "sw", "ew", "ct", "gt", "gte", "lt", "lte"]),
        VALUES,
    )
    many = st.builds(
        lambda key, cmp, vals: leaf(key, cmp, *vals),
        KEYS,
        st.sampled_from(["in", "nin"]),
        st.lists(WORDS, min_size=1, max_size=3),
    )
    none = st.builds(leaf, KEYS, st.sampled_from(["ex", "nex"]))

    def joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.builds(
            lambda op, nodes: {"op": op, "nodes": nodes}, st.sampled_from(["and", "or"]), some
        ) | st.builds(lambda node: {"op": "not", "nodes": [node]}, inner)

    return st.recursive(one | many | none, joined, max_leaves=8)


@settings(deadline=None)
@given(nodes(), st.dictionaries(KEYS, WORDS))
def test_a_filter_means_what_is_said_of_it(node: Node, tags: dict[str, str]) -> None:
    try:
        found = parsed(node)
    except Refused as refused:
        assert "levels" in refused.detail
        return
    assert found.matches(tags) is naive(node, tags)
    assert found == parsed(node)
    assert hash(found) == hash(parsed(node))


@pytest.mark.parametrize(
    ("node", "matches"),
    [
        (leaf("ticker", "eq", "AAPL"), True),
        (leaf("source", "neq", "NASDAQ"), False),
        (leaf("missing", "neq", "x"), True),
        (leaf("ticker", "in", "AAPL", "MSFT"), True),
        (leaf("missing", "in", "AAPL"), False),
        (leaf("missing", "in", ""), True),
        (leaf("missing", "nin", "AAPL"), True),
        (leaf("empty", "ex"), True),
        (leaf("missing", "nex"), True),
        (leaf("ticker", "sw", "AA"), True),
        (leaf("source", "ew", "DAQ"), True),
        (leaf("ticker", "ct", "AP"), True),
        (leaf("missing", "ct", "AP"), False),
        (leaf("price", "gt", "100"), True),
        (leaf("price", "gte", "150.250"), True),
        (leaf("volume", "lt", "999.999"), False),
        (leaf("volume", "lte", "+1000"), True),
        (leaf("ticker", "gt", "1"), False),
        (leaf("price", "lt", "many"), False),
        (leaf("missing", "lt", "1"), False),
        (leaf("price", "lt", "1e9"), False),
        (leaf("price", "lt", "Infinity"), False),
        (leaf("price", "gt", "NaN"), False),
        (leaf("price", "gt", "٣"), False),
    ],
)
def test_a_comparison(node: Node, matches: bool) -> None:
    assert parsed(node).matches(TAGS) is matches


def test_what_has_no_tags_has_none_of_them() -> None:
    assert parsed(leaf("a", "nex")).matches(None)
    assert not parsed(leaf("a", "eq", "x")).matches(None)


def test_large_numbers_are_compared_exactly() -> None:
    assert parsed(leaf("n", "gt", "9007199254740992")).matches({"n": "9007199254740993"})
    assert parsed(leaf("n", "lt", "0.2")).matches({"n": "0.19999999999999999999"})
    assert not parsed(leaf("n", "gt", "1")).matches({"n": "9" * 10_000})


@pytest.mark.parametrize(
    ("node", "comparisons"),
    [
        (leaf("a", "in", "1", "2"), 1),
        ({"op": "not", "nodes": [leaf("a", "ex")]}, 1),
        (
            {"op": "and", "nodes": [leaf("a", "ex"), {"op": "or", "nodes": [leaf("b", "ex")] * 3}]},
            4,
        ),
    ],
)
def test_what_a_look_takes(node: Node, comparisons: int) -> None:
    assert parsed(node).comparisons == comparisons


def test_the_order_of_a_list_makes_no_other_filter() -> None:
    assert parsed(leaf("a", "in", "x", "y")) == parsed(leaf("a", "in", "y", "x", "x"))
    assert parsed(leaf("a", "in", "x")) != parsed(leaf("a", "nin", "x"))


def nested(depth: int) -> Node:
    node = leaf("a", "ex")
    for _ in range(depth - 1):
        node = {"op": "not", "nodes": [node]}
    return node


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        ({}, "is no comparison"),
        (leaf("a", "like", "x"), "'like' is no comparison"),
        ({"op": "xor", "nodes": [leaf("a", "ex")]}, "'xor' is no operation"),
        ({"op": "AND", "nodes": [leaf("a", "ex")]}, "is no operation"),
        ({"op": "and"}, "at least one"),
        ({"op": "or", "nodes": []}, "at least one"),
        ({"op": "not", "nodes": []}, "exactly one"),
        ({"op": "not", "nodes": [leaf("a", "ex"), leaf("b", "ex")]}, "exactly one"),
        ({"op": "and", "nodes": [leaf("a", "ex"), leaf("a", "eq")]}, "takes 'val'"),
        (leaf("a", "eq"), "takes 'val'"),
        (leaf("a", "in"), "takes 'vals'"),
        ({"key": "a", "cmp": "eq", "val": "x", "vals": ["y"]}, "nothing else"),
        ({"key": "a", "cmp": "in", "val": "x", "vals": ["y"]}, "nothing else"),
        ({"key": "a", "cmp": "ex", "val": "x"}, "takes no value"),
        (leaf("", "eq", "x"), "needs a key"),
        (nested(DEPTH_LIMIT + 1), "levels"),
        ({"op": "and", "nodes": [leaf("a", "ex")] * NODES_LIMIT}, "at most"),
        (leaf("a", "in", *map(str, range(VALUES_LIMIT + 1))), "at most"),
        (leaf("a", "eq", "x" * CHARACTERS_LIMIT), "at most"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_malformed_or_too_large_is_refused(node: Node, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refusal:
        parsed(node)
    assert refusal.value.error.code == 107
    assert len(refusal.value.detail) < 120


@pytest.mark.parametrize(
    "node",
    [
        nested(DEPTH_LIMIT),
        {"op": "and", "nodes": [leaf("a", "ex")] * (NODES_LIMIT - 1)},
        leaf("a", "in", *map(str, range(VALUES_LIMIT))),
        leaf("a", "eq", "x" * (CHARACTERS_LIMIT - 1)),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_as_large_as_it_may_be(node: Node) -> None:
    assert parsed(node).matches({"a": "1"}) is naive(node, {"a": "1"})
