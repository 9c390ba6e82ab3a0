"""The promises of `hubbub.brokers.records.Records`, as tests."""

from __future__ import annotations

import asyncio
import random

import pytest

from hubbub.brokers.records import KEPT, NUMBER_LIMIT, Records
from tests.contracts.broker_stage import BrokerStage, Node, Nodes

ODD_NAMES = ("", "a", "a:b", "a\x00b", "a\nb", "é", "房间", "\U0010ffff", "{1}", "3:x")


class Oracle:
    """Keep records in a dictionary, each operation as its docstring says it."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, bytes]] = {}

    def names(self, prefix: str, after: str, limit: int) -> list[str]:
        every = [name for name, fields in self.records.items() if fields]
        found = [name for name in every if name.startswith(prefix) and name > after]
        return sorted(found, key=str.encode)[:limit]

    def do(self, step: tuple[str, str, str, int]) -> object:
        verb, record, field, number = step
        fields = self.records.setdefault(record, {})
        value = b"%d" % number
        if verb == "get":
            return dict(fields)
        if verb == "put":
            fields[field] = value
        elif verb == "put_new":
            return fields.setdefault(field, value) == value
        elif verb == "raise_to":
            now = max(int(fields.get(field, b"0")), number)
            if now:
                fields[field] = b"%d" % now if number == now else fields[field]
            return now
        elif verb == "remove":
            fields.pop(field, None)
            fields.pop("other", None)
        elif verb == "release":
            if fields.get(field) == value:
                del fields[field]
            return field not in fields
        elif verb == "drop":
            fields.clear()
        return None


async def do(records: Records, step: tuple[str, str, str, int]) -> object:
    """Do a step in an engine."""
    verb, record, field, number = step
    match verb:
        case "get":
            return await records.get(record)
        case "put":
            await records.put(record, field, b"%d" % number, KEPT)
        case "put_new":
            return await records.put_new(record, field, b"%d" % number, KEPT)
        case "raise_to":
            return await records.raise_to(record, field, number, KEPT)
        case "remove":
            await records.remove(record, [field, "other"])
        case "release":
            return await records.release(record, field, b"%d" % number)
        case "drop":
            await records.drop(record)
    return None


def life(root: str, steps: int) -> list[tuple[str, str, str, int]]:
    """Return the same life each time: many steps on few fields, so that they meet."""
    chance = random.Random(5)
    verbs = ["put", "put_new", "raise_to", "release", "remove", "get", "put_new", "raise_to"]
    return [
        (
            "drop" if chance.random() < 0.04 else chance.choice(verbs),
            root + chance.choice("abc"),
            chance.choice(["x", "y", "other"]),
            chance.randrange(4),
        )
        for _ in range(steps)
    ]


class RecordsContract(BrokerStage):
    """Fields, claims, numbers and names."""

    async def test_any_life_agrees_with_a_dictionary(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Results, contents and names are those of the oracle, whichever node does a step."""
        each = (node, await self.second(nodes, node))
        oracle = Oracle()
        for number, step in enumerate(life(channel, 300)):
            assert (number, oracle.do(step)) == (
                number,
                await do(each[number % 2].records, step),
            ), step
        assert oracle.names(channel, "", 9) == await node.records.names(channel, "", 9)
        for name in "abc":
            assert oracle.do(("get", channel + name, "", 0)) == await node.records.get(
                channel + name
            )

    async def test_calls_of_one_turn_take_effect_in_their_order(
        self, node: Node, channel: str
    ) -> None:
        """What is not waited for in between gives what it gives one by one."""
        oracle, steps = Oracle(), life(channel, 200)
        expected = [oracle.do(step) for step in steps if step[0] != "get"]
        found = await asyncio.gather(
            *(do(node.records, step) for step in steps if step[0] != "get")
        )

        assert expected == found
        assert oracle.names(channel, "", 9) == await node.records.names(channel, "", 9)

    async def test_one_of_many_wins_a_claim(self, nodes: Nodes, node: Node, channel: str) -> None:
        """A claim has one winner, who finds so again; it is free when the winner lets it go."""
        other = await self.second(nodes, node)
        claims = [(each, b"%d" % n) for n, each in enumerate((node, other) * 10)]
        won = await asyncio.gather(
            *(each.records.put_new(channel, "claim", value, KEPT) for each, value in claims)
        )
        winner = won.index(True)
        loser = b"somebody else"

        assert won.count(True) == 1
        assert await node.records.put_new(channel, "claim", claims[winner][1], KEPT)
        assert not await node.records.release(channel, "claim", loser)
        assert not await other.records.put_new(channel, "claim", loser, KEPT)
        assert await node.records.release(channel, "claim", claims[winner][1])
        assert await node.records.release(channel, "claim", claims[winner][1])
        assert await other.records.put_new(channel, "claim", loser, KEPT)

    async def test_a_number_never_sinks(self, nodes: Nodes, node: Node, channel: str) -> None:
        """Whoever raises it, in whatever order, the highest stays; each is told the present one."""
        other = await self.second(nodes, node)
        numbers = random.Random(7).sample(range(1, 1000), 60)
        told = await asyncio.gather(
            *(
                (node, other)[n % 2].records.raise_to(channel, "read", number, KEPT)
                for n, number in enumerate(numbers)
            )
        )

        assert all(now >= number for now, number in zip(told, numbers, strict=True))
        assert {"read": b"%d" % max(numbers)} == await node.records.get(channel)
        highest = NUMBER_LIMIT - 1
        assert await node.records.raise_to(channel, "read", highest, KEPT) == highest
        assert await node.records.raise_to(channel, "read", highest - 1, KEPT) == highest
        assert {"read": b"%d" % highest} == await node.records.get(channel)
        await node.records.put(channel, "words", b"no number", KEPT)
        assert await node.records.raise_to(channel, "words", 3, KEPT) == 3

    async def test_values_are_bytes_and_names_are_text(self, node: Node, channel: str) -> None:
        """Nothing in a name or a value is special."""
        value = bytes(range(256))
        for name in ODD_NAMES:
            await node.records.put(channel + name, name, value, KEPT)
        for name in ODD_NAMES:
            assert await node.records.get(channel + name) == {name: value}
        await node.records.put(channel, "empty", b"", KEPT)
        assert (await node.records.get(channel))["empty"] == b""

    async def test_names_come_page_by_page_in_the_order_of_their_bytes(
        self, node: Node, channel: str
    ) -> None:
        """Only records that have a field, only those with the prefix, none left out and none twice."""
        names = [channel + name for name in ODD_NAMES]
        for name in [*names, "x" + channel]:
            await node.records.put(name, "a", b"1", KEPT)
            await node.records.put(name, "b", b"1", KEPT)
        await node.records.put(channel + "gone", "a", b"1", KEPT)
        await node.records.remove(channel + "gone", ["a", "never"])
        await node.records.put(channel + "dropped", "a", b"1", KEPT)
        await node.records.drop(channel + "dropped")
        found: list[str] = []
        while page := await node.records.names(channel, found[-1] if found else "", 3):
            assert len(page) <= 3
            found += page

        assert sorted(names, key=str.encode) == found
        assert await node.records.names(channel + "\U0010ffff", "", 3) == [channel + "\U0010ffff"]
        assert await node.records.names(channel, channel + "\U0010ffff\U0010ffff", 3) == []
        assert len(await node.records.names("", "", 5)) == 5

    async def test_what_is_not_there_is_no_error(self, node: Node, channel: str) -> None:
        """Reading gives nothing, and removing does nothing."""
        await node.records.remove(channel, [])
        await node.records.remove(channel, ["a"])
        await node.records.drop(channel)

        assert await node.records.get(channel) == {}
        assert await node.records.raise_to(channel, "a", 0, KEPT) == 0
        assert await node.records.names(channel, "", 5) == []

    async def test_records_outlive_the_node(self, nodes: Nodes, node: Node, channel: str) -> None:
        """What was answered is found by the nodes that are left, or by the next one on the same store."""
        if not (self.clustered or self.durable):
            pytest.skip("nothing outlives this engine's only node")
        watcher = await nodes.start() if self.clustered else None
        await node.records.put(channel, "a", b"1", KEPT)
        await node.records.put(channel, "b", b"2", KEPT)
        await node.records.put(channel + ":gone", "a", b"1", KEPT)
        await node.records.remove(channel, ["a"])
        await node.records.drop(channel + ":gone")
        await node.broker.close()
        reader = watcher or await nodes.start()

        assert await reader.records.get(channel) == {"b": b"2"}
        assert await reader.records.names(channel, "", 5) == [channel]
