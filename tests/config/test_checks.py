from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from hubbub.config.checks import bounded, is_loopback, listed, permissions_in, sound
from hubbub.hub.permissions.namespaces import Audience, Namespace, RecoveryMode
from hubbub.hub.settings import HubSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", ""]
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_list_may_be_written_with_commas() -> None:
    assert listed(" a, b,,") == ("a", "b")
    assert listed(["a,b"]) == ["a,b"]


def test_what_is_in_bounds_comes_back() -> None:
    settings = HubSettings()
    assert bounded(settings) is settings


def test_a_namespace_says_all_that_is_wrong_with_it() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        sound(Namespace(history_size=-1, name="[a-z"))

    faults = dict((caught.value.context or {})["faults"])
    assert faults.keys() == {"history_size", "name"}
    assert faults["name"].startswith("is no regular expression: ")
    assert sound(Namespace(name="[a-z]+")).name == "[a-z]+"


@pytest.mark.parametrize(
    ("namespace", "blamed"),
    [
        (Namespace(recovery=RecoveryMode.CACHE, history_size=0), "recovery"),
        (Namespace(recovery=RecoveryMode.CACHE, ephemeral=True), "recovery"),
        (Namespace(auto_recover=True), "auto_recover"),
    ],
)
def test_a_cache_needs_something_to_keep(namespace: Namespace, blamed: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        sound(namespace)
    assert [name for name, _ in (caught.value.context or {})["faults"]] == [blamed]


@pytest.mark.parametrize(
    ("namespace", "blamed"),
    [
        (Namespace(edits=True, history_size=0), ["edits"]),
        (Namespace(reactions=True, ephemeral=True), ["reactions"]),
        (Namespace(receipts=True, history_size=0), ["receipts"]),
        (
            Namespace(edits=True, reactions=True, recovery=RecoveryMode.CACHE),
            ["edits", "reactions"],
        ),
        (Namespace(typing=True, edits=True, source="s"), ["typing", "edits"]),
        (Namespace(moderate=Audience.USERS), ["moderate"]),
        (Namespace(mentions="to", ephemeral=True), ["mentions"]),
        (Namespace(people=True, presence=False), ["people"]),
        (Namespace(people=True, ephemeral=True), ["people"]),
        (Namespace(mentions="to", history_size=0), []),
        (Namespace(typing=True, ephemeral=True), []),
        (Namespace(typing=True, edits=True, reactions=True, moderate=Audience.USERS), []),
    ],
)
def test_what_is_said_about_messages_needs_messages(
    namespace: Namespace, blamed: list[str]
) -> None:
    found: list[str] = []
    try:
        sound(namespace)
    except PydanticCustomError as fault:
        found = [name for name, _ in (fault.context or {})["faults"]]
    assert found == blamed


def test_a_permission_in_any_namespace_counts() -> None:
    closed = Namespace(publish=Audience.NOBODY)
    assert not permissions_in({})
    assert not permissions_in({"namespaces": {"chat": Namespace()}})
    assert permissions_in({"namespaces": {"chat": Namespace(), "news": closed}})
    assert permissions_in({"default_namespace": closed})
