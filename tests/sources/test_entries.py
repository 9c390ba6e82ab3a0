from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubbub.model import ClientInfo, Kind, Publication
from hubbub.sessions.users import USER_LIMIT
from hubbub.sources.entries import FROM_START, STREAM_ID, order, read_entry, write_entry


def fields(written: tuple[str | bytes, ...]) -> list[bytes]:
    """Return what Redis gives back of what it was given."""
    return [part.encode() if isinstance(part, str) else part for part in written]


def said(data: bytes, kind: Kind = Kind.TEXT, user: str = "zhang") -> Publication:
    return Publication(data, kind, ClientInfo(user, "s1"), time=1700000000123)


def test_a_message_is_written_in_three_plain_fields() -> None:
    written = write_entry(said(b"hello"))

    assert fields(written) == [
        *(b"sender", b"zhang", b"message", b"hello", b"timestamp", b"1700000000123")
    ]


@pytest.mark.parametrize(
    ("data", "kind", "written"),
    [
        (b'"hello"', Kind.JSON, b"hello"),
        (b'"hello"', Kind.TEXT, b'"hello"'),
        (b'{"a":1}', Kind.JSON, b'{"a":1}'),
        (b"42", Kind.JSON, b"42"),
        (b"\xff\x00", Kind.BINARY, b"\xff\x00"),
    ],
)
def test_a_json_string_is_written_as_its_text(data: bytes, kind: Kind, written: bytes) -> None:
    assert fields(write_entry(said(data, kind)))[3] == written


def test_nobody_is_a_sender_without_a_name() -> None:
    written = fields(write_entry(Publication(b"hello", Kind.TEXT)))
    assert written[:2] == [b"sender", b""]

    read = read_entry("1-0", written)
    assert read is not None
    assert read.sender is None


@given(some.text(max_size=USER_LIMIT), some.binary())
def test_what_is_written_is_read(user: str, data: bytes) -> None:
    kind = Kind.BINARY
    read = read_entry("17-3", fields(write_entry(said(data, kind, user))))

    assert read is not None
    assert read.data == data
    assert (read.sender.user if read.sender else "") == user
    assert read.tags == {STREAM_ID: "17-3"}


@pytest.mark.parametrize(
    "foreign",
    [
        [],
        [b"text", b"hello"],
        [b"Message", b"hello"],
        [b"sender", b"bob"],
        [b"message"],
    ],
)
def test_an_entry_without_a_message_says_nothing(foreign: list[bytes]) -> None:
    assert read_entry("1-0", foreign) is None


@pytest.mark.parametrize(
    ("name", "user"),
    [(b"\xffbob", "\ufffdbob"), (b"b" * 1000, "b" * USER_LIMIT), ("张".encode(), "张")],
)
def test_a_foreign_sender_is_readable_and_bounded(name: bytes, user: str) -> None:
    read = read_entry("1-0", [b"colour", b"red", b"message", b"hello", b"sender", name])

    assert read is not None
    assert read.sender == ClientInfo(user, "")


def test_ids_are_compared_by_their_numbers() -> None:
    ids = [FROM_START, "0-1", "9-0", "9-9", "9-10", "10-0", "1700000000000-0", "1700000000000-1"]

    assert all(order(one) < order(next_one) for one, next_one in pairwise(ids))
    assert order("7-3") == (7, 3)
