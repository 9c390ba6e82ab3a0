from __future__ import annotations

import pytest

from hubbub.errors import Refused
from hubbub.hub.namespaces import Namespace, Namespaces

NEWS = Namespace(history_size=7)
CLOSED = Namespaces(named={"news": NEWS}, open=False)


def test_the_prefix_picks_the_namespace() -> None:
    assert CLOSED.resolve("news:sport") is NEWS
    assert CLOSED.resolve("news:sport:tennis") is NEWS
    assert CLOSED.resolve("lobby") is CLOSED.nameless


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", 107),
        ("x" * 256, 107),
        ("!control", 107),
        ("a\nb", 107),
        ("a\x00", 107),
        ("a\u2028", 107),
        ("sport:tennis", 102),
        (":x", 102),
    ],
)
def test_bad_names_are_refused(name: str, code: int) -> None:
    with pytest.raises(Refused) as refusal:
        CLOSED.resolve(name)
    assert refusal.value.error.code == code


def test_an_open_server_gives_unknown_prefixes_the_nameless_options() -> None:
    assert Namespaces(named={"news": NEWS}).resolve("sport:x") == Namespace()


@pytest.mark.parametrize("name", ["lobby", "#ann", "中文房间", "x" * 255, "a b"])
def test_good_names(name: str) -> None:
    assert CLOSED.resolve(name) is CLOSED.nameless


def test_what_is_recoverable() -> None:
    assert Namespace().recoverable
    assert not Namespace(history_size=0).recoverable
    assert not Namespace(ephemeral=True).recoverable
