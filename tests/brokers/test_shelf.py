"""What is this engine's own about records; the contract is in test_memory.py."""

from __future__ import annotations

from hubbub.brokers.shelf import Shelf


async def test_what_was_read_is_the_readers_own() -> None:
    shelf = Shelf()
    await shelf.put("a", "x", b"1")
    (await shelf.get("a")).clear()

    assert await shelf.get("a") == {"x": b"1"}


async def test_a_record_without_fields_leaves_nothing_behind() -> None:
    shelf = Shelf()
    for name in ("b", "a", "c"):
        await shelf.put(name, "x", b"1")
    await shelf.remove("b", ["x"])
    await shelf.drop("a")

    assert await shelf.names("", "", 10) == ["c"]
    assert (shelf._names, list(shelf._records)) == (["c"], ["c"])
