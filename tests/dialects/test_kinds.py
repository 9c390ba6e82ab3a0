from __future__ import annotations

import pytest

from hubbub.dialects.kinds import Act, about_of, kind_of, tags_of
from hubbub.model import Publication


@pytest.mark.parametrize("act", list(Act), ids=str)
def test_an_amendment_says_what_it_is_and_what_it_is_about(act: Act) -> None:
    made = Publication(b"1", tags=tags_of(act, 7), made=True)
    assert (kind_of(made), about_of(made)) == (act, 7)


def test_tags_of_a_message_are_its_own() -> None:
    message = Publication(b"1", tags={"kind": "edit", "about": "much"})
    assert (kind_of(message), about_of(message)) == ("", 0)
    assert (kind_of(Publication(b"1")), about_of(Publication(b"1", made=True))) == ("", 0)
