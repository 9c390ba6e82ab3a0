from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.stomp.selector import NESTING_LIMIT, SELECTOR_LIMIT, parse_selector
from hubbub.errors import Refused

Truth = bool | None
Oracle = Callable[[Mapping[str, str]], Truth]
"""What SQL says: None is neither true nor false."""

TAGS = ("colour", "price", "x-lang")
TEXTS = ("red", "re", "", "10", "9.50", "it's", "a%b", "true")
NUMBERS = ("10", "9.5", "-1", "+0")


def matches(selector: str, **tags: str) -> bool:
    found = parse_selector(selector)
    assert found is not None
    return found.matches({name.replace("_", "-"): value for name, value in tags.items()})


@pytest.mark.parametrize(
    ("selector", "right", "wrong"),
    [
        ("colour = 'red'", {"colour": "red"}, {"colour": "blue"}),
        ("colour<>'red'", {"colour": "blue"}, {}),
        ("colour != 'it''s'", {"colour": "its"}, {"colour": "it's"}),
        ("price = 10", {"price": "10.0"}, {"price": "11"}),
        ("price > 10 and price<=20", {"price": "20"}, {"price": "9"}),
        ("price <-1", {"price": "-1.5"}, {"price": "cheap"}),
        ("price BETWEEN 1 AND 2 OR colour = 'red'", {"price": "2"}, {"price": "2.5"}),
        ("price NOT BETWEEN 1 AND 2", {"price": "0"}, {}),
        ("colour IN ('red', 'blue')", {"colour": "blue"}, {"colour": "green"}),
        ("colour NOT IN ('red')", {"colour": "blue"}, {}),
        ("x-lang LIKE 'en%'", {"x_lang": "en-GB"}, {"x_lang": "de"}),
        ("x-lang LIKE '%en'", {"x_lang": "xen"}, {"x_lang": "en-GB"}),
        ("x-lang LIKE '%e%'", {"x_lang": "den"}, {}),
        ("x-lang LIKE '%'", {"x_lang": ""}, {}),
        ("x-lang LIKE 'a!_!%' ESCAPE '!'", {"x_lang": "a_%"}, {"x_lang": "abc"}),
        ("colour IS NULL", {}, {"colour": ""}),
        ("colour IS NOT NULL AND NOT colour = ''", {"colour": "red"}, {"colour": ""}),
        ("NOT (colour = 'red' OR price > 1)", {"colour": "b", "price": "1"}, {"colour": "b"}),
        ("urgent = TRUE", {"urgent": "true"}, {"urgent": "false"}),
        ("a = '1' OR b = '1' AND c = '1'", {"a": "1"}, {"b": "1"}),
        ("(a = '1' OR b = '1') AND c = '1'", {"b": "1", "c": "1"}, {"a": "1"}),
    ],
)
def test_what_is_chosen(selector: str, right: dict[str, str], wrong: dict[str, str]) -> None:
    assert matches(selector, **right)
    assert not matches(selector, **wrong)


@pytest.mark.parametrize(
    ("selector", "sentence"),
    [
        ("colour", "a comparison"),
        ("'red' = colour", "the name of a tag"),
        ("colour = red", "a text in quotes"),
        ("colour = 'red", "not understood"),
        ("colour = 'red' colour = 'blue'", "AND, OR or the end"),
        ("(colour = 'red'", "')' is expected where 'the end' is"),
        ("price + 1 > 2", "not understood"),
        ("price > 'a'", "a number"),
        ("price > 1e3", "not understood"),
        ("price BETWEEN 1 OR 2", "AND"),
        ("colour IN ()", "a text in quotes"),
        ("colour LIKE 'a%b'", "% at the ends only"),
        ("colour LIKE 'a_'", "no _"),
        ("colour LIKE 'a!b' ESCAPE '!'", "stands before"),
        ("colour LIKE 'a' ESCAPE '!!'", "one character"),
        ("JMSPriority > 4", "'JMSPriority' is no tag"),
        ("destination = 'x'", "'destination' is no tag"),
        ("(" * (NESTING_LIMIT + 1) + "a = '1'", "parentheses"),
        (" " * SELECTOR_LIMIT + "a", f"{SELECTOR_LIMIT} characters"),
        (" OR ".join(["a = '1'"] * 70), "64 nodes"),
    ],
    ids=lambda written: written[:24],
)
def test_what_is_not_understood(selector: str, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        parse_selector(selector, frozenset({"destination"}))


def test_nothing_said_is_nothing_chosen() -> None:
    assert parse_selector("") is parse_selector("  ") is None


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


def known(tag: str, test: Callable[[str], Truth]) -> Oracle:
    return lambda tags: test(tags[tag]) if tag in tags else None


def contrary(truth: Truth) -> Truth:
    return None if truth is None else not truth


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, Oracle]:
    tag, text, low = (
        draw(st.sampled_from(TAGS)),
        draw(st.sampled_from(TEXTS)),
        draw(st.sampled_from(NUMBERS)),
    )
    bound = Decimal(low)

    def ordered(holds: Callable[[Decimal], bool]) -> Oracle:
        def test(value: str) -> Truth:
            found = number(value)
            return None if found is None else holds(found)

        return known(tag, test)

    plain = text.replace("%", "")
    return draw(
        st.sampled_from(
            [
                (f"{tag} = {quoted(text)}", known(tag, lambda value: value == text)),
                (f"{tag} <> {quoted(text)}", known(tag, lambda value: value != text)),
                (f"{tag} IN ('red', {quoted(text)})", known(tag, lambda v: v in {"red", text})),
                (f"{tag} NOT IN ({quoted(text)})", known(tag, lambda value: value != text)),
                (f"{tag} LIKE {quoted(plain + '%')}", known(tag, lambda v: v.startswith(plain))),
                (f"{tag} LIKE {quoted('%' + plain)}", known(tag, lambda v: v.endswith(plain))),
                (f"{tag} NOT LIKE {quoted(f'%{plain}%')}", known(tag, lambda v: plain not in v)),
                (f"{tag} LIKE {quoted(plain)}", known(tag, lambda value: value == plain)),
                (f"{tag} IS NULL", lambda tags: tag not in tags),
                (f"{tag} IS NOT NULL", lambda tags: tag in tags),
                (f"{tag} < {low}", ordered(lambda value: value < bound)),
                (f"{tag} >= {low}", ordered(lambda value: value >= bound)),
                (f"{tag} = {low}", ordered(lambda value: value == bound)),
                (f"{tag} <> {low}", ordered(lambda value: value != bound)),
                (f"{tag} BETWEEN 0 AND {low}", ordered(lambda value: 0 <= value <= bound)),
            ]
        )
    )


def negated(said: tuple[str, Oracle]) -> tuple[str, Oracle]:
    return f"NOT ({said[0]})", lambda tags: contrary(said[1](tags))


def both(one: tuple[str, Oracle], other: tuple[str, Oracle]) -> tuple[str, Oracle]:
    def test(tags: Mapping[str, str]) -> Truth:
        found = {one[1](tags), other[1](tags)}
        return False if False in found else None if None in found else True

    return f"({one[0]}) AND ({other[0]})", test


def either(one: tuple[str, Oracle], other: tuple[str, Oracle]) -> tuple[str, Oracle]:
    _, test = negated(both(negated(one), negated(other)))
    return f"({one[0]}) OR ({other[0]})", test


selectors = st.recursive(
    comparisons(),
    lambda inner: (
        inner.map(negated) | st.builds(both, inner, inner) | st.builds(either, inner, inner)
    ),
    max_leaves=5,
)
tagged = st.dictionaries(st.sampled_from(TAGS), st.sampled_from((*TEXTS, *NUMBERS)))


@settings(max_examples=60, deadline=None)
@given(selectors, st.lists(tagged, min_size=3, max_size=3))
def test_only_what_is_true_is_chosen(
    said: tuple[str, Oracle], several: list[dict[str, str]]
) -> None:
    found = parse_selector(said[0])
    assert found is not None
    for tags in several:
        assert found.matches(tags) is (said[1](tags) is True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"()',=<>%", "a", "'x'", "1", "AND", "NOT", "IN", "LIKE", "IS", "NULL"])
    )
)
def test_any_text_is_understood_or_refused(words: list[str]) -> None:
    for text in (" ".join(words), "".join(words)):
        try:
            parse_selector(text)
        except Refused as refused:
            assert refused.detail
