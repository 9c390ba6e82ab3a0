from __future__ import annotations

from hubbub.brokers.contract import Entry
from hubbub.model import Publication
from tests.hub.stage import stage, turn
from tests.hub.test_membership import Ears
from tests.hub.test_patterns import OPEN, follow, seen


class AllEars(Ears):
    """A receiver that keeps entries too, and counts interruptions."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[object] = []
        self.interruptions = 0

    def on_entry(self, channel: str, entry: object) -> None:
        self.entries.append(entry)

    def on_restored(self) -> None:
        self.interruptions += 1


async def test_internal_names_have_their_own_receivers() -> None:
    async with stage() as node:
        ears, entry = AllEars(), Entry("e", 1, 2, 0, 0, b"x")
        node.hub.admit(["!one", "!two"], ears)
        node.hub.on_entry("!one", entry)
        node.hub.on_announcement("!two", b"y")
        node.hub.on_entry("!three", entry)
        node.hub.on_announcement("!three", b"z")
        node.hub.on_restored()
        assert (ears.entries, ears.heard, ears.interruptions) == ([entry], [b"y"], 1)


async def test_what_nobody_wants_is_dropped() -> None:
    async with stage(OPEN) as node:
        ann = await follow(node, "ann", "news:*")
        node.hub.on_entry("other:a", Entry("e", 1, 2, 0, 0, b"x"))
        node.hub.on_announcement("other:a", b"\xc1")
        node.hub.deliver("other:a", Publication(b"1"))
        await turn()
        assert seen(ann) == []
        assert node.hub.statistics.unreadable == 0
        assert len(node.hub._following) == 1
