from __future__ import annotations

import pytest

from hubbub.errors import Refused
from hubbub.hub.permissions.namespaces import Data, Namespace, Namespaces
from hubbub.model import Kind

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


@pytest.mark.parametrize("name", ["lobby", "#ann,bob", "中文房间", "x" * 255, "a b"])
def test_good_names(name: str) -> None:
    assert CLOSED.resolve(name) is CLOSED.nameless


def test_what_is_recoverable() -> None:
    assert Namespace().recoverable
    assert not Namespace(history_size=0).recoverable
    assert not Namespace(ephemeral=True).recoverable


def test_a_private_channel_has_its_namespaces_options() -> None:
    assert CLOSED.resolve("$news:sport") is NEWS
    assert CLOSED.resolve("$lobby") is CLOSED.nameless


def test_names_fit_the_namespaces_expression() -> None:
    table = Namespaces(Namespace(name="[a-z]+"), {"day": Namespace(name="[0-9]{4}")})
    for good in ("lobby", "day:2026", "$day:2026"):
        table.resolve(good)
    for bad in ("Lobby", "lobby2", "day:26", "day:2026x"):
        with pytest.raises(Refused) as refusal:
            table.resolve(bad)
        assert refusal.value.error.code == 107


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (Data.ANY, {Kind.JSON, Kind.TEXT, Kind.BINARY}),
        (Data.JSON, {Kind.JSON}),
        (Data.OBJECT, set()),
        (Data.BINARY, {Kind.BINARY}),
    ],
)
def test_what_a_publication_is_made_of(data: Data, taken: set[Kind]) -> None:
    for kind in Kind:
        try:
            Namespace(data=data).check_data(b"[1]", kind)
        except Refused as refusal:
            assert refusal.error.code == 107
            assert kind not in taken
        else:
            assert kind in taken


def test_an_object_is_one_wherever_it_begins() -> None:
    Namespace(data=Data.OBJECT).check_data(b' {"a": 1}', Kind.JSON)


def test_the_channel_of_one_user_is_an_inbox_whatever_the_user_is_called() -> None:
    inbox = Namespace(history_size=5)
    table = Namespaces(named={"chat": Namespace()}, open=False, inbox=inbox)

    assert table.resolve("#ann") is inbox
    assert table.resolve("#chat:ann") is inbox
    assert table.resolve("chat:#ann") is table.named["chat"]
    assert Namespaces(inbox=Namespace(occupancy_hooks=True)).watched


def test_a_pattern_is_no_channel() -> None:
    table = Namespaces(Namespace(patterns=True))
    assert table.of_one("news:today").patterns
    with pytest.raises(Refused) as refused:
        table.of_one("news:*")
    assert refused.value.error.code == 107
