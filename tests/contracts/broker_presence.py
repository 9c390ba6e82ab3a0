"""The promises of `hubbub.brokers.contract.Presence`, as tests."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import Ghost, Occupancy
from tests.contracts.broker_stage import BrokerStage, Cluster, Node, Nodes


async def outlive(cluster: Cluster, living: list[Node]) -> None:
    """Let more than a lease pass while `living` nodes renew theirs in time."""
    for _ in range(6):
        await cluster.elapse(cluster.lease_s / 4)
        for node in living:
            await node.presence.renew()


class PresenceContract(BrokerStage):
    """Entering, leaving, leases, and ghosts."""

    async def test_members_are_those_who_entered(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Entries of all nodes are seen on all nodes; writing one again replaces it."""
        other = await self.second(nodes, node)
        await node.presence.enter(channel, "s1", b"ann")
        await other.presence.enter(channel, "s2", bytes(range(256)))
        await node.presence.enter(channel, "s1", b"anna")
        await node.presence.enter(channel + ":other", "s3", b"")
        for each in (node, other):
            members = await each.presence.members(channel)

            assert {"s1": b"anna", "s2": bytes(range(256))} == members
            assert await each.presence.members(channel + ":other") == {"s3": b""}

    async def test_leaving_takes_the_entry_back(self, node: Node, channel: str) -> None:
        """Who left is no member; leaving twice, or without having entered, is no error."""
        await node.presence.enter(channel, "s1", b"ann")
        await node.presence.enter(channel, "s2", b"bob")
        await node.presence.leave(channel, "s1")
        await node.presence.leave(channel, "s1")
        await node.presence.leave(channel + ":other", "s2")

        assert await node.presence.members(channel) == {"s2": b"bob"}
        assert await node.presence.members(channel + ":never") == {}

    async def test_a_session_may_be_in_many_channels(self, node: Node, channel: str) -> None:
        """Leaving one channel leaves the others."""
        names = [f"{channel}:{number}" for number in range(20)]
        await asyncio.gather(*(node.presence.enter(name, "s1", b"ann") for name in names))
        await node.presence.leave(names[7], "s1")
        found = [bool(await node.presence.members(name)) for name in names]

        assert [number != 7 for number in range(20)] == found

    async def test_a_renewed_lease_keeps_its_entries(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """A node that renews in time keeps its entries, and nobody takes them for ghosts."""
        await node.presence.enter(channel, "s1", b"ann")
        await outlive(cluster, [node])

        assert await node.presence.members(channel) == {"s1": b"ann"}
        assert list(await node.presence.reap()) == []

    async def test_entries_vanish_when_the_lease_runs_out(
        self, cluster: Cluster, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Entries of a node that stopped renewing are no members, before anybody reaps them."""
        if not self.clustered:
            pytest.skip("one node has nobody to outlive it")
        dying = await nodes.start("dying")
        await dying.presence.enter(channel, "s1", b"ann")
        await node.presence.enter(channel, "s2", b"bob")
        await outlive(cluster, [node])

        assert await node.presence.members(channel) == {"s2": b"bob"}

    async def test_each_ghost_is_reaped_once(
        self, cluster: Cluster, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Nodes that reap at the same time share the ghosts of a dead one without doubling any."""
        if not self.clustered:
            pytest.skip("one node has nobody to outlive it")
        other, dying = await nodes.start(), await nodes.start("dying")
        names = [f"{channel}:{number}" for number in range(10)]
        for name in names:
            await dying.presence.enter(name, "s1", b"ann")
        await dying.presence.leave(names[0], "s1")
        await node.presence.enter(channel, "s2", b"bob")
        assert list(await node.presence.reap()) == []
        await outlive(cluster, [node, other])
        shares = await asyncio.gather(*(each.presence.reap() for each in (node, other) * 3))

        ghosts = [ghost for share in shares for ghost in share]
        assert sorted(names[1:]) == sorted(ghost.channel for ghost in ghosts)
        assert {Ghost(names[1], "s1", b"ann")} == {g for g in ghosts if g.channel == names[1]}
        assert await node.presence.members(names[1]) == {}
        assert await node.presence.members(channel) == {"s2": b"bob"}
        assert list(await other.presence.reap()) == []

    async def test_a_session_that_moved_is_no_ghost(
        self, cluster: Cluster, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """A late leave or the death of its old node does not remove an entry written by its new one."""
        if not self.clustered:
            pytest.skip("one node has nobody to move from")
        dying = await nodes.start("dying")
        await dying.presence.enter(channel, "s1", b"old")
        await dying.presence.enter(channel, "s2", b"old")
        await node.presence.enter(channel, "s1", b"new")
        await node.presence.enter(channel, "s2", b"new")
        await dying.presence.leave(channel, "s2")
        await outlive(cluster, [node])
        assert list(await node.presence.reap()) == []

        assert await node.presence.members(channel) == {"s1": b"new", "s2": b"new"}

    async def test_who_is_buried_is_gone_before_the_lease(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """The entries of a node that is known to be dead are reaped at once, each once, and no other's."""
        if not self.clustered:
            pytest.skip("one node has nobody to outlive it")
        other, dead, living = await nodes.start(), await nodes.start("dead"), await nodes.start()
        names = [f"{channel}:{number}" for number in range(10)]
        for name in names:
            await dead.presence.enter(name, "s1", b"ann")
        await living.presence.enter(names[0], "s2", b"bob")
        shares = await asyncio.gather(
            *(each.presence.bury(dead.name) for each in (node, other) * 2)
        )

        assert sorted(names) == sorted(ghost.channel for share in shares for ghost in share)
        assert await node.presence.members(names[0]) == {"s2": b"bob"}
        assert list(await node.presence.bury(dead.name)) == []
        assert list(await node.presence.reap()) == []

    async def test_nobody_buries_itself_nor_one_of_a_longer_name(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Only the node that is named is taken for dead."""
        longer = await nodes.start(node.name) if self.clustered else node
        await longer.presence.enter(channel, "s1", b"ann")
        await node.presence.enter(channel, "s2", b"bob")

        assert list(await node.presence.bury(node.name)) == []
        assert list(await longer.presence.bury(node.name[:-1])) == []
        assert set(await longer.presence.members(channel)) == {"s1", "s2"}
        if self.clustered:
            assert [Ghost(channel, "s2", b"bob")] == list(await longer.presence.bury(node.name))

    async def test_who_was_buried_alive_comes_back(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """A node that lives takes its lease again, as after a stall."""
        if not self.clustered:
            pytest.skip("one node has nobody to bury it")
        living = await nodes.start("living")
        assert list(await node.presence.bury(living.name)) == []
        await living.presence.renew()
        await living.presence.enter(channel, "s1", b"ann")

        assert await node.presence.members(channel) == {"s1": b"ann"}
        assert list(await node.presence.reap()) == []

    async def test_a_closed_node_gives_its_lease_up(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """What a closing node left behind is gone from `members` at once, and reaped by the others."""
        if not self.clustered:
            pytest.skip("one node has nobody to see it close")
        leaving = await nodes.start("leaving")
        await leaving.presence.enter(channel, "s1", b"ann")
        await leaving.broker.close()

        assert await node.presence.members(channel) == {}
        assert [Ghost(channel, "s1", b"ann")] == list(await node.presence.reap())
        assert list(await node.presence.reap()) == []


class OccupancyContract(BrokerStage):
    """Which watched channels have somebody, told once in the cluster."""

    async def test_the_first_who_enters_occupies_and_the_last_who_leaves_vacates(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Each change is told once, with a number that grows, over all nodes."""
        other = await self.second(nodes, node)
        numbers = []
        for _ in range(3):
            occupied = await node.presence.enter(channel, "s1", b"ann", watched=True)
            assert occupied is not None
            assert occupied == Occupancy(channel, True, occupied.number)
            assert await other.presence.enter(channel, "s2", b"bob", watched=True) is None
            assert await node.presence.enter(channel, "s1", b"anna", watched=True) is None
            await node.presence.leave(channel, "s1", watched=True)
            assert list(await node.presence.vacate(0.0)) == []
            await other.presence.leave(channel, "s2", watched=True)
            (vacated,) = await node.presence.vacate(0.0)
            assert vacated == Occupancy(channel, False, vacated.number)
            assert list(await other.presence.vacate(0.0)) == []
            numbers += [occupied.number, vacated.number]

        assert numbers == sorted(set(numbers))
        assert numbers[0] > 0

    async def test_who_comes_back_soon_was_never_away(self, node: Node, channel: str) -> None:
        """Nobody is told of a channel that was empty for a moment."""
        await node.presence.enter(channel, "s1", b"ann", watched=True)
        await node.presence.leave(channel, "s1", watched=True)
        assert list(await node.presence.vacate(60.0)) == []
        assert await node.presence.enter(channel, "s2", b"ann", watched=True) is None
        assert list(await node.presence.vacate(0.0)) == []
        await node.presence.leave(channel, "s2", watched=True)
        assert len(await node.presence.vacate(0.0)) == 1

    async def test_a_channel_is_vacated_when_it_was_empty_for_long_enough(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """The time of emptiness counts, not that of the watch."""
        await node.presence.enter(channel, "s1", b"ann", watched=True)
        await cluster.elapse(0.3)
        await node.presence.leave(channel, "s1", watched=True)
        assert list(await node.presence.vacate(0.2)) == []
        await cluster.elapse(0.3)
        assert len(await node.presence.vacate(0.2)) == 1

    async def test_each_change_is_told_to_one_of_many(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Nodes that write at the same time share the changes without doubling any."""
        other = await self.second(nodes, node)
        names = [f"{channel}:{number}" for number in range(20)]
        entered = await asyncio.gather(
            *(
                each.presence.enter(name, f"{each.name}-{n}", b"", watched=True)
                for n, name in enumerate(names)
                for each in (node, other)
            )
        )
        told = [change.channel for change in entered if change is not None]
        assert sorted(told) == sorted(names)
        for n, name in enumerate(names):
            for each in (node, other):
                await each.presence.leave(name, f"{each.name}-{n}", watched=True)
        shares = await asyncio.gather(*(each.presence.vacate(0.0) for each in (node, other) * 3))
        assert sorted(names) == sorted(change.channel for share in shares for change in share)

    async def test_what_nobody_watches_is_not_told(self, node: Node, channel: str) -> None:
        """Entering and leaving without a watch changes no occupancy."""
        assert await node.presence.enter(channel, "s1", b"ann") is None
        await node.presence.leave(channel, "s1")
        await node.presence.leave(channel, "s1")
        assert list(await node.presence.vacate(0.0)) == []

    async def test_a_dead_nodes_channels_are_vacated_when_its_entries_are_reaped(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """A crash vacates what the dead node alone occupied."""
        if not self.clustered:
            pytest.skip("one node has nobody to outlive it")
        dying = await nodes.start("dying")
        for name in (channel, channel + ":shared"):
            await dying.presence.enter(name, "s1", b"ann", watched=True)
        await node.presence.enter(channel + ":shared", "s2", b"bob", watched=True)
        await dying.broker.close()
        assert list(await node.presence.vacate(0.0)) == []
        assert len(await node.presence.reap()) == 2

        assert [channel] == [change.channel for change in await node.presence.vacate(0.0)]
