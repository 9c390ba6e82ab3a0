from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

import msgspec
import pytest

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.hooks.functions import Function, prepare
from hubbub.model import Kind

WORDS = ("session", "channel", "data")


class Said(msgspec.Struct):
    text: str


@dataclass
class SaidToo:
    text: str


class SaidAgain(TypedDict):
    text: str


async def waits(session: object, channel: str, data: object = None) -> None: ...


def does_not(session: object) -> None: ...


def anything(*everything: object) -> None: ...


class Callable_:
    async def __call__(self, session: object) -> None: ...

    def method(self, session: object, channel: str) -> None: ...


def typed(kind: object) -> Function:
    def call(session: object, channel: str, data: object) -> None: ...

    call.__annotations__["data"] = kind
    return prepare(call, "on_publish", WORDS)


@pytest.mark.parametrize(
    ("call", "takes", "waiting"),
    [
        (waits, 3, True),
        (does_not, 1, False),
        (anything, 3, False),
        (lambda: None, 0, False),
        (lambda session, channel, data, more=1: None, 3, False),
        (Callable_(), 1, True),
        (Callable_().method, 2, False),
        (partial(waits, "session"), 2, True),
    ],
)
def test_a_function_takes_as_much_as_it_names(
    call: Callable[..., object], takes: int, waiting: bool
) -> None:
    function = prepare(call, "on_publish", WORDS)

    assert (function.takes, function.waits) == (takes, waiting)


@pytest.mark.parametrize(
    "call", [lambda a, b, c, d: None, lambda a, *, key: None, 5], ids=["four", "keyword", "number"]
)
def test_a_function_that_takes_something_else_is_a_mistake(call: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="on_publish takes a function"):
        prepare(call, "on_publish", WORDS)


@pytest.mark.parametrize(
    ("data", "kind", "read"),
    [
        (b'{"a":[1]}', Kind.JSON, {"a": [1]}),
        (b"", Kind.JSON, None),
        (b'{"a":1}', Kind.TEXT, '{"a":1}'),
        (b"\xff\x00", Kind.BINARY, b"\xff\x00"),
    ],
)
def test_data_without_a_type_is_what_it_is(data: bytes, kind: Kind, read: object) -> None:
    assert prepare(waits, "on_publish", WORDS).read(data, kind) == read


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (Said, Said("hi")),
        ("Said", Said("hi")),
        (SaidToo, SaidToo("hi")),
        (SaidAgain, {"text": "hi"}),
        (dict[str, str], {"text": "hi"}),
        (bytes, b'{"text":"hi"}'),
    ],
    ids=str,
)
def test_data_with_a_type_is_of_that_type(kind: object, read: object) -> None:
    assert typed(kind).read(b'{"text":"hi"}') == read


@pytest.mark.parametrize("data", [b'{"text":5}', b"{}", b"[", b"\xff", b"", b"[" * 10_000])
def test_data_of_another_type_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        typed(Said).read(data)
    assert refused.value.error == BAD_REQUEST_ERROR


def test_a_text_may_be_wanted_as_a_text_and_bytes_only_as_bytes() -> None:
    assert typed(str).read(b"hi", Kind.TEXT) == "hi"
    assert typed(bytes).read(b"\xff", Kind.BINARY) == b"\xff"
    with pytest.raises(Refused, match="bytes"):
        typed(Said).read(b"\xff", Kind.BINARY)


@pytest.mark.parametrize("kind", ["Nowhere", list[int] | set[int]], ids=str)
def test_a_type_that_nothing_is_decoded_to_is_a_mistake(kind: object) -> None:
    with pytest.raises(TypeError, match="on_publish: the type of 'data' cannot be decoded"):
        typed(kind)
