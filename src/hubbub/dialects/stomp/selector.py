"""Selectors: what a subscriber wants of a topic, in the words of SQL that message brokers know, as a filter.

    colour = 'red' AND (price < 10 OR NOT urgent IS NULL)

Names are those of tags, which are the headers of a sender's own. A comparison is a name, a word and values::

    = <> !=                 with a text in quotes, TRUE, FALSE, or a number (by its value then)
    < <= > >= BETWEEN AND   with numbers
    IN ('a', 'b')           LIKE 'a%' (with `%` at the ends only; ESCAPE)      IS NULL

and NOT before IN, LIKE, BETWEEN and NULL. As in SQL a comparison with a tag that is not there is neither true
nor false, and neither is its contrary; so is that of a number with a tag that is none. Nothing is calculated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from hubbub.dialects.filters import FilterNode, TagFilter, parse_filter
from hubbub.errors import BAD_REQUEST_ERROR, Refused

SELECTOR_LIMIT = 4096
"""Characters of a selector."""
NESTING_LIMIT = 32
"""Parentheses within parentheses."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?[0-9]{1,100}(?:\.[0-9]{1,20})?(?![\w.]))"
    r"|(?P<word>[^\W\d][\w.$-]*)|(?P<sign><>|!=|<=|>=|[=<>(),]))"
)
_KEYWORDS: Final = frozenset(
    ("AND", "OR", "NOT", "IN", "LIKE", "ESCAPE", "BETWEEN", "IS", "NULL", "TRUE", "FALSE")
)
_ORDERS: Final = {"<": ("lt", "gte"), "<=": ("lte", "gt"), ">": ("gt", "lte"), ">=": ("gte", "lt")}
"""How a number is compared, and how where the contrary is meant."""


def parse_selector(written: str, untagged: frozenset[str] = frozenset()) -> TagFilter | None:
    """Return the filter that a selector is; None for one that says nothing.

    Args:
        untagged: names that no tag has.

    Raises Refused (107) for one that cannot be understood, or is too large.
    """
    if len(written) > SELECTOR_LIMIT:
        raise _wrong(f"it has at most {SELECTOR_LIMIT} characters")
    if not written.strip():
        return None
    return parse_filter(_Reader(_tokens(written), untagged).whole())


def _tokens(written: str) -> list[tuple[str, str]]:
    """Return kinds and texts; a keyword is a kind of its own."""
    found: list[tuple[str, str]] = []
    at, end = 0, len(written.rstrip())
    while at < end:
        match = _TOKEN.match(written, at)
        if match is None:
            raise _wrong(f"{written[at : at + 20].strip()!r} is not understood")
        at = match.end()
        kind, text = match.lastgroup or "", match[match.lastgroup or ""]
        if kind == "text":
            text = text[1:-1].replace("''", "'")
        elif kind == "sign" or (kind == "word" and text.upper() in _KEYWORDS):
            kind = "<>" if text == "!=" else text.upper()
        found.append((kind, text))
    return found


class _Reader:
    """Read tokens from left to right.

    What is read says whether its contrary is meant: so no NOT is left, and what is neither true nor false
    never becomes true.
    """

    def __init__(self, tokens: list[tuple[str, str]], untagged: frozenset[str]) -> None:
        self._tokens = [*tokens, ("", "the end")]
        self._untagged = untagged
        self._at = 0
        self._nesting = 0

    def whole(self) -> FilterNode:
        """Read all of it."""
        read = self._either(contrary=False)
        if self._kind:
            raise self._unexpected("AND, OR or the end")
        return read

    # ── tokens ──────────────────────────────────────────────────────────────────────────────────

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _skip(self, kind: str) -> bool:
        """Go on behind a token of this kind, if it is one."""
        found = self._kind == kind
        self._at += found
        return found

    def _take(self, kind: str, wanted: str) -> str:
        if self._kind != kind:
            raise self._unexpected(wanted)
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _unexpected(self, wanted: str) -> Refused:
        return _wrong(f"{wanted} is expected where {self._tokens[self._at][1][:40]!r} is")

    # ── what joins ──────────────────────────────────────────────────────────────────────────────

    def _either(self, *, contrary: bool) -> FilterNode:
        return self._several("OR", "and" if contrary else "or", self._both, contrary=contrary)

    def _both(self, *, contrary: bool) -> FilterNode:
        return self._several("AND", "or" if contrary else "and", self._one, contrary=contrary)

    def _several(
        self, word: str, op: str, read: Callable[..., FilterNode], *, contrary: bool
    ) -> FilterNode:
        nodes = [read(contrary=contrary)]
        while self._skip(word):
            nodes.append(read(contrary=contrary))
        return _joined(op, nodes)

    def _one(self, *, contrary: bool) -> FilterNode:
        while self._skip("NOT"):
            contrary = not contrary
        if not self._skip("("):
            return self._comparison(contrary=contrary)
        self._nesting += 1
        if self._nesting > NESTING_LIMIT:
            raise _wrong(f"it has at most {NESTING_LIMIT} parentheses within each other")
        read = self._either(contrary=contrary)
        self._take(")", "')'")
        self._nesting -= 1
        return read

    # ── comparisons ─────────────────────────────────────────────────────────────────────────────

    def _comparison(self, *, contrary: bool) -> FilterNode:
        key = self._take("word", "the name of a tag")
        if key in self._untagged or key.startswith("JMS"):
            raise _wrong(f"{key[:40]!r} is no tag")
        sign = self._kind
        if sign in {"=", "<>"}:
            self._at += 1
            return self._equal(key, contrary=contrary != (sign == "<>"))
        if sign in _ORDERS:
            self._at += 1
            number = self._take("number", "a number")
            return FilterNode(key=key, cmp=_ORDERS[sign][contrary], val=number)
        if self._skip("IS"):
            there = self._skip("NOT") != contrary
            self._take("NULL", "NULL")
            return FilterNode(key=key, cmp="ex" if there else "nex")
        contrary = self._skip("NOT") != contrary
        if self._skip("BETWEEN"):
            return self._between(key, contrary=contrary)
        if self._skip("IN"):
            return self._among(key, contrary=contrary)
        if self._skip("LIKE"):
            return self._like(key, contrary=contrary)
        raise self._unexpected("a comparison (=, <>, <, <=, >, >=, BETWEEN, IN, LIKE, IS NULL)")

    def _equal(self, key: str, *, contrary: bool) -> FilterNode:
        if self._kind == "number":
            value = self._take("number", "")
            return _range(key, value, value, contrary=contrary)
        for word in ("TRUE", "FALSE"):
            if self._skip(word):
                return _among(key, [word.lower()], contrary=contrary)
        return _among(key, [self._take("text", "a text in quotes")], contrary=contrary)

    def _between(self, key: str, *, contrary: bool) -> FilterNode:
        low = self._take("number", "a number")
        self._take("AND", "AND")
        return _range(key, low, self._take("number", "a number"), contrary=contrary)

    def _among(self, key: str, *, contrary: bool) -> FilterNode:
        self._take("(", "'('")
        values = [self._take("text", "a text in quotes")]
        while self._skip(","):
            values.append(self._take("text", "a text in quotes"))
        self._take(")", "')'")
        return _among(key, values, contrary=contrary)

    def _like(self, key: str, *, contrary: bool) -> FilterNode:
        pattern = self._take("text", "a text in quotes")
        escape = self._take("text", "a character in quotes") if self._skip("ESCAPE") else ""
        before, text, behind = _pattern(pattern, escape)
        if not (before or behind):
            return _among(key, [text], contrary=contrary)
        if not text:  # anything is like this; that something is not is never true
            here = FilterNode(key=key, cmp="ex")
            return _joined("and", [here, FilterNode(key=key, cmp="nex")]) if contrary else here
        like = FilterNode(
            key=key, cmp="ct" if before and behind else "ew" if before else "sw", val=text
        )
        return _known(key, FilterNode(op="not", nodes=[like])) if contrary else like


def _joined(op: str, nodes: list[FilterNode]) -> FilterNode:
    """Join nodes; those that are joined by the same already are taken apart, which saves levels."""
    if len(nodes) == 1:
        return nodes[0]
    flat = [each for node in nodes for each in (node.nodes if node.op == op else [node])]
    return FilterNode(op=op, nodes=flat)


def _known(key: str, node: FilterNode) -> FilterNode:
    """Say that a tag is there, too."""
    return _joined("and", [FilterNode(key=key, cmp="ex"), node])


def _among(key: str, values: list[str], *, contrary: bool) -> FilterNode:
    if len(values) == 1 and values[0]:
        node = FilterNode(key=key, cmp="neq" if contrary else "eq", val=values[0])
    else:
        node = FilterNode(key=key, cmp="nin" if contrary else "in", vals=values)
    return _known(key, node) if contrary or "" in values else node


def _range(key: str, low: str, high: str, *, contrary: bool) -> FilterNode:
    first, last = _ORDERS[">="][contrary], _ORDERS["<="][contrary]
    ends = [FilterNode(key=key, cmp=first, val=low), FilterNode(key=key, cmp=last, val=high)]
    return _joined("or" if contrary else "and", ends)


def _pattern(pattern: str, escape: str) -> tuple[bool, str, bool]:
    """Return whether a pattern begins with what may be anything, its text, and whether it ends so."""
    if len(escape) > 1:
        raise _wrong("ESCAPE has one character")
    letters: list[tuple[str, bool]] = []
    rest = iter(pattern)
    for letter in rest:
        if letter == escape:
            escaped = next(rest, "")
            if escaped not in {"%", "_", escape}:
                raise _wrong(f"ESCAPE stands before %, _ or itself, and not before {escaped!r}")
            letters.append((escaped, False))
        else:
            letters.append((letter, letter in {"%", "_"}))
    any_ = ("%", True)
    before, behind = letters[:1] == [any_], letters[-1:] == [any_]
    while letters[:1] == [any_]:
        del letters[0]
    while letters[-1:] == [any_]:
        del letters[-1]
    if any(special for _, special in letters):
        raise _wrong("LIKE knows % at the ends only, and no _; ESCAPE makes either a letter")
    return before, "".join(letter for letter, _ in letters), behind


def _wrong(sentence: str) -> Refused:
    return Refused(BAD_REQUEST_ERROR, f"selector: {sentence}")
