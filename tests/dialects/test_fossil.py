from __future__ import annotations

import json
import random
import subprocess
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hubbub.dialects.fossil import SIZE_LIMIT, create_delta
from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"


def apply(base: bytes, delta: bytes) -> bytes:
    """Apply a delta as the format's description says, one byte after the other."""
    target = bytearray()
    at = 0

    def number() -> int:
        nonlocal at
        value = 0
        while chr(delta[at]) in DIGITS:
            value = value * 64 + DIGITS.index(chr(delta[at]))
            at += 1
        return value

    def operator() -> str:
        nonlocal at
        at += 1
        return chr(delta[at - 1])

    size = number()
    assert operator() == "\n"
    while True:
        count = number()
        match operator():
            case "@":
                source = number()
                assert operator() == ","
                assert source + count <= len(base)
                target += base[source : source + count]
            case ":":
                target += delta[at : at + count]
                at += count
            case ";":
                assert count == checksum(target)
                assert at == len(delta)
                assert len(target) == size
                return bytes(target)
            case other:
                raise AssertionError(other)


def checksum(data: bytes | bytearray) -> int:
    padded = data + bytes(-len(data) % 4)
    words = [padded[n : n + 4] for n in range(0, len(padded), 4)]
    return sum(int.from_bytes(word, "big") for word in words) % 2**32


def edits(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    """Return texts, and what somebody made of them: parts left out, put in, repeated and moved."""
    part = st.text(alphabet, max_size=60)
    parts = st.lists(part, max_size=12)
    order = st.lists(st.integers(0, 11), max_size=16)

    def edited(parts: list[str], order: list[int], new: list[str]) -> tuple[str, str]:
        kept = [parts[n] for n in order if n < len(parts)]
        between = [text for pair in zip(kept, new, strict=False) for text in pair]
        return "".join(parts), "".join(between + kept[len(new) :])

    return st.builds(edited, parts, order, st.lists(part, max_size=6))


PAIRS = edits(st.characters(codec="utf-8")) | edits(st.sampled_from("ab,é日😀"))


@settings(deadline=None, max_examples=150)
@given(PAIRS)
@example(("é" * 40, "è" * 40))
@example(("日本" * 30 + "é" * 20, "月本" * 30 + "è" * 20))
@example(("", "a" * 100))
@example(("a" * 100, ""))
def test_a_delta_of_texts_is_a_text_that_makes_one_of_the_other(pair: tuple[str, str]) -> None:
    base, target = pair[0].encode(), pair[1].encode()
    delta = create_delta(base, target)
    if delta is not None:
        assert len(delta) < len(target)
        assert apply(base, delta) == target
        delta.decode()


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=40)), max_size=5),
)
def test_a_delta_of_bytes_makes_one_of_the_other(
    base: bytes, changes: list[tuple[int, bytes]]
) -> None:
    base = target = base * 5
    for at, new in changes:
        target = target[:at] + new + target[at + 7 :]
    delta = create_delta(base, target)
    assert delta is None or apply(base, delta) == target


def document(players: int) -> dict[str, object]:
    chance = random.Random(players)
    return {
        "match": 17,
        "players": [
            {"id": n, "name": f"玩家 {chance.random():.5f}", "x": chance.randrange(1000)}
            for n in range(players)
        ],
        "time": 1,
    }


def test_what_changes_little_is_said_in_little() -> None:
    old = document(300)
    new = {**old, "time": 2, "match": 18}
    base, target = (json.dumps(each, ensure_ascii=False).encode() for each in (old, new))
    delta = create_delta(base, target)
    assert delta is not None
    assert apply(base, delta) == target
    assert len(delta) < 40


def test_what_was_moved_is_found() -> None:
    players = [f'{{"id": {n}, "name": "player {n * n}"}}' for n in range(100)]
    base = ",".join(players).encode()
    target = ",".join([*players[1:], '{"id": 100, "name": "new"}']).encode()
    delta = create_delta(base, target)
    assert delta is not None
    assert apply(base, delta) == target
    assert len(delta) < 60


@pytest.mark.parametrize(
    ("base", "target"),
    [
        (b"", b"a" * 100),
        (b"a" * 100, b""),
        (b"x" * 30, b"y" * 30),
        (b"a", b"b"),
        (b"a" * (SIZE_LIMIT + 1), b"a" * 100),
        (b"a" * 100, b"a" * (SIZE_LIMIT + 1)),
        (bytes(range(256)), bytes(reversed(range(256)))),
    ],
)
def test_no_delta_where_none_is_shorter_or_it_would_take_long(base: bytes, target: bytes) -> None:
    assert create_delta(base, target) is None


HOSTILE = {
    "one byte": (b"a" * SIZE_LIMIT, b"a" * (SIZE_LIMIT - 1) + b"b"),
    "shifted": (b"a" * SIZE_LIMIT, b"b" + b"a" * (SIZE_LIMIT - 1)),
    "short runs": (b"a" * SIZE_LIMIT, (b"a" * 17 + b"b") * (SIZE_LIMIT // 18)),
    "long runs": ((b"a" * 31 + b"x") * 2048, (b"a" * 31 + b"y") * 2048),
    "never the same": (
        (b"abcdefghijklmno" * 4370)[:SIZE_LIMIT],
        (b"ponmlkjihgfedcb" * 4370)[:SIZE_LIMIT],
    ),
    "shuffled": (
        b"".join(b"%015d " % n for n in range(4096)),
        b"".join(b"%015d " % (n * 4093 % 4096) for n in range(4096)),
    ),
    "no character": (b"\x80" * SIZE_LIMIT, b"\x80" * 60_000 + b"a" + b"\x80" * 5000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_is_bounded(name: str) -> None:
    base, target = HOSTILE[name]
    began = time.process_time()
    delta = create_delta(base, target)
    took = time.process_time() - began
    assert delta is None or apply(base, delta) == target
    assert took < 0.1, took  # 2 ms where nobody else computes


APPLY = """
import { readFileSync } from "node:fs";
import { Centrifuge } from "centrifuge";
const { _codec } = new Centrifuge("ws://127.0.0.1:1/");
const said = JSON.parse(readFileSync(0, "utf8")).map(([base, delta]) => {
  const { newPrevValue } = _codec.applyDeltaIfNeeded({ data: JSON.stringify(base) });
  const { newData } = _codec.applyDeltaIfNeeded({ data: delta, delta: true }, newPrevValue);
  return newData;
});
process.stdout.write(JSON.stringify(said));
"""


@pytest.mark.timeout(INSTALL_WITHIN_S + 60)
def test_the_sdk_makes_the_same_of_it() -> None:
    chance = random.Random(5)
    pairs: list[tuple[str, str]] = []
    targets: list[object] = []
    for _ in range(200):
        base = document(chance.randrange(1, 40))
        target = {
            **document(chance.randrange(1, 40)),
            "time": chance.random(),
            "é": "日" * chance.randrange(9),
        }
        texts = [
            json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in (base, target)
        ]
        delta = create_delta(texts[0].encode(), texts[1].encode())
        if delta is not None:
            pairs.append((json.loads(texts[0]), delta.decode()))
            targets.append(target)
    assert len(pairs) > 100
    done = subprocess.run(
        [node_with_clients(), "--input-type=module", "-e", APPLY],
        cwd=HERE,
        input=json.dumps(pairs),
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == targets
