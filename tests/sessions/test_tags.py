from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import Refused
from hubbub.sessions.tags import TAG_LIMIT, TAGS_LIMIT, Tags, check_tags

WORDS = st.sets(st.sampled_from("abcde"))
STEPS = st.lists(st.tuples(st.sampled_from(("s1", "s2", "s3")), WORDS, WORDS, st.booleans()))


@given(STEPS)
def test_sessions_and_tags_are_found_by_each_other(
    steps: list[tuple[str, set[str], set[str], bool]],
) -> None:
    tags: Tags[str] = Tags()
    expected: dict[str, set[str]] = {}
    for session, add, remove, ends in steps:
        if ends:
            tags.forget(session)
            expected.pop(session, None)
        else:
            tags.change(session, session.upper(), add, remove)
            expected[session] = (expected.get(session, set()) - remove) | add
        for each in ("s1", "s2", "s3"):
            assert tags.of(each) == expected.get(each, set())
        for tag in "abcde":
            holders = {each.upper() for each, has in expected.items() if tag in has}
            assert sorted(tags.holders(tag)) == sorted(holders)
        assert len(tags) == sum(map(bool, expected.values()))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([""], 107),
        (["x" * (TAG_LIMIT + 1)], 107),
        (["a\n"], 107),
        ([f"{n}" for n in range(TAGS_LIMIT + 1)], 106),
    ],
    ids=["empty", "long", "unprintable", "many"],
)
def test_what_can_be_no_tag_is_refused(words: list[str], code: int) -> None:
    with pytest.raises(Refused) as caught:
        check_tags(words)
    assert caught.value.error.code == code


def test_a_session_that_would_have_too_many_keeps_what_it_has() -> None:
    tags: Tags[str] = Tags()
    tags.change("s1", "S1", [f"{n}" for n in range(TAGS_LIMIT)])
    with pytest.raises(Refused):
        tags.change("s1", "S1", ["more"], ())
    assert len(tags.of("s1")) == TAGS_LIMIT
    tags.change("s1", "S1", ["more"], ["0"])
    assert tags.holders("more") == ("S1",)
