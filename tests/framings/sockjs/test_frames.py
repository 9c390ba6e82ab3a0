from __future__ import annotations

import json
import re
from binascii import b2a_base64
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.errors import Close, ProtocolViolation
from hubbub.framings.sockjs import frames
from hubbub.framings.sockjs.frames import (
    BROKEN,
    CALLBACK_LIMIT,
    MESSAGES_LIMIT,
    PAYLOAD_EXPECTED,
)
from hubbub.model import Packet

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SERVER_ESCAPES = re.compile("[\x00-\x1f\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]")
"""What the protocol's own tests ask a server to escape."""


def message(text: str) -> bytes:
    return frames.message(Packet(text.encode())).data


def lines(*texts: str) -> bytes:
    return b"".join([frames.line(frames.message(Packet(text.encode()))) for text in texts])


@given(TEXTS)
def test_a_message_arrives_as_it_was_and_nothing_in_it_is_fragile(text: str) -> None:
    frame = message(text).decode()
    assert frame[0] == "a"
    assert json.loads(frame[1:]) == [text]
    assert not SERVER_ESCAPES.search(frame)


def test_all_that_browsers_change_is_escaped_as_the_protocol_writes_it() -> None:
    fragile = [code for code in range(65536) if SERVER_ESCAPES.match(chr(code))]
    above = [code for code in fragile if code > 255]
    frame = message("".join(map(chr, above))).decode()
    assert frame == 'a["' + "".join(f"\\u{code:04x}" for code in above) + '"]'


@given(st.binary())
def test_bytes_are_text_as_base64(data: bytes) -> None:
    (text,) = json.loads(frames.message(Packet(data, binary=True)).data[1:])
    assert b2a_base64(data, newline=False) == text.encode()


@given(st.integers(1000, 4999), TEXTS)
def test_the_end_has_a_code_and_a_reason(code: int, reason: str) -> None:
    frame = frames.closing(Close(code, reason)).data
    assert frame[:1] == b"c"
    assert json.loads(frame[1:]) == [code, reason]
    assert frames.closing(Close(3000, "Go away!")).data == b'c[3000,"Go away!"]'


@given(st.lists(TEXTS), st.booleans())
def test_what_a_client_says_is_read(texts: list[str], escaped: bool) -> None:
    body = json.dumps(texts, ensure_ascii=escaped).encode()
    assert frames.read(body) == [text.encode() for text in texts]
    for cut in range(len(body)):
        if body[cut:].strip():
            with pytest.raises(ProtocolViolation):
                frames.read(body[:cut])


def test_a_message_alone_and_half_characters_are_read() -> None:
    assert frames.read(b'"a"') == [b"a"]
    assert frames.read(rb'["\ud83d", "\ud83d\ude00"]') == ["\ufffd".encode(), "\U0001f600".encode()]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", PAYLOAD_EXPECTED),
        (b'["x', BROKEN),
        (b"x", BROKEN),
        (b"[1]", BROKEN),
        (b'{"a":"b"}', BROKEN),
        (b'["a"] x', BROKEN),
        (b'["\xff"]', BROKEN),
        (b"[" * 100_000, BROKEN),
        (json.dumps(["x"] * (MESSAGES_LIMIT + 1)).encode(), "more than 10000 messages"),
    ],
    ids=["nothing", "cut", "word", "number", "object", "more", "not-utf8", "deep", "many"],
)
def test_what_cannot_be_read_is_told_in_the_words_of_the_protocol(body: bytes, words: str) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        frames.read(body)
    assert caught.value.detail.startswith(words)


# ── what the transports make of frames ──────────────────────────────────────────────────────────


@given(st.lists(TEXTS, min_size=1))
def test_messages_become_one_frame(texts: list[str]) -> None:
    merged = frames.merged(lines(*texts))
    assert b"\n" not in merged
    assert json.loads(merged[1:]) == texts
    assert frames.merged(b"o\n") == b"o"


@given(st.lists(TEXTS, min_size=1))
@example(["100%", "%41 %"])
def test_events_are_what_the_client_decodes(texts: list[str]) -> None:
    events = frames.events(lines(*texts)).decode().split("\r\n\r\n")
    assert events.pop() == ""
    read = [event.removeprefix("data: ").replace("%25", "%") for event in events]
    assert [json.loads(frame[1:]) for frame in read] == [[text] for text in texts]
    assert all("%" not in event.replace("%25", "") for event in events), "decodeURI would change it"


class _Scripts(HTMLParser):
    """Collect what a browser would run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.scripts.append(data)


@given(st.lists(TEXTS, min_size=1))
@example(["</script><script>alert(1)</script>", "<!--<script>", "\\", '"'])
def test_scripts_cannot_be_broken_out_of(texts: list[str]) -> None:
    page = _Scripts()
    page.feed(frames.scripts(lines(*texts)).decode())
    assert page.tags == ["script"] * len(texts)
    for script, text in zip(page.scripts, texts, strict=True):
        literal = script.removeprefix("\np(").removesuffix(");\n")
        assert json.loads(json.loads(literal)[1:]) == [text]


@given(st.lists(TEXTS, min_size=1))
def test_a_call_has_one_argument(texts: list[str]) -> None:
    called = frames.call("_jp.a1", lines(*texts)).decode()
    literal = called.removeprefix("/**/_jp.a1(").removesuffix(");\r\n")
    assert json.loads(json.loads(literal)[1:]) == texts


@pytest.mark.parametrize("name", ["callback", "_jp.aAb9", "$", "a.b.c", "a" * CALLBACK_LIMIT])
def test_names_of_functions(name: str) -> None:
    assert frames.is_callback(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "1a", "a.", ".a", "a..b", "a()", "a b", "a\n", "a;alert(1)", "a[0]", "a-b"),
        *("</script>", "\u00e9", "a.1", "a" * (CALLBACK_LIMIT + 1)),
    ],
)
def test_what_could_be_more_than_a_name(name: str) -> None:
    assert not frames.is_callback(name)


def test_pages() -> None:
    begun = frames.document("_jp.a1")
    assert len(begun) > 1024
    assert b"var c = parent._jp.a1;" in begun
    assert b'<script src="/sockjs.js"></script>' in frames.frame_page("/sockjs.js")
