from __future__ import annotations

import pytest

from hubbub.http.settings import EVERYTHING, SCOPES, WORDS, ApiKey, scope_of


def test_a_scope_is_named_by_its_word_or_by_a_method() -> None:
    methods = [method for methods in SCOPES.values() for method in methods]
    assert set(WORDS) == {EVERYTHING, *SCOPES, *methods}
    assert len(set(methods)) == len(methods)


@pytest.mark.parametrize("scope", SCOPES)
def test_methods_know_their_scope(scope: str) -> None:
    assert {scope_of(method) for method in SCOPES[scope]} == {scope}


def test_a_key_is_good_for_everything_unless_it_says_less() -> None:
    key = ApiKey("k", "hunter2")
    assert key.scopes == {EVERYTHING}
    assert not key.channels
    assert "hunter2" not in repr(key)
