from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stomp.utils import parse_frame  # type: ignore[import-untyped]

from hubbub.dialects.stomp.versions import Version, choose, escaped, unescaped, writable
from hubbub.errors import ProtocolViolation

V1_0, V1_1, V1_2 = Version


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, V1_0),
        ("1.0", V1_0),
        ("1.0,1.1", V1_1),
        ("1.2,1.1,1.0", V1_2),
        (" 1.1 , 2.0", V1_1),
        ("2.0", None),
        ("", None),
    ],
)
def test_the_highest_common_version_is_chosen(accepted: str | None, chosen: Version | None) -> None:
    assert choose(accepted) is chosen


@given(text=st.text())
def test_what_is_escaped_comes_back(text: str) -> None:
    assert unescaped(escaped(text, V1_2), V1_2) == text.replace("\0", "")
    written = text.replace("\0", "").replace("\r", " ")
    assert unescaped(escaped(text, V1_1), V1_1) == written
    assert unescaped(escaped(text, V1_0), V1_0) == written.replace("\n", " ").strip(" \t")


@given(text=st.text().filter(lambda text: "\0" not in text))
def test_others_read_what_we_escape(text: str) -> None:
    frame = f"MESSAGE\nname:{escaped(text, V1_2)}\n\n".encode()
    assert parse_frame(frame).headers["name"] == text


@given(text=st.text(st.characters(exclude_characters="\0")))
def test_what_is_escaped_stays_in_its_line(text: str) -> None:
    for version in Version:
        assert not {"\n", "\r", "\0"} & {*escaped(text, version)}


@pytest.mark.parametrize(
    ("text", "version"), [("\\t", V1_2), ("\\", V1_2), ("\\r", V1_1), ("a\\\n", V1_1)]
)
def test_an_unknown_escape_breaks_the_protocol(text: str, version: Version) -> None:
    with pytest.raises(ProtocolViolation, match="no escape"):
        unescaped(text, version)


def test_before_escapes_some_names_could_not_be_written() -> None:
    assert writable("a:b", V1_1)
    assert not writable("a:b", V1_0)
    assert not writable("", V1_2)
