"""What is done when, seen at the hub that is looked after."""

from __future__ import annotations

from hubbub.brokers.contract import Occupancy
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo
from tests.hub.stage import PLAIN_LINES, Stage, shared_world, stage, turn

WATCHED = Namespace(presence=False, occupancy_hooks=True)


async def pass_time(node: Stage, seconds: int) -> None:
    """Let time pass as a server does, with a tick each second."""
    for _ in range(seconds):
        node.clock.jump(1)
        node.hub.tick()
        await turn()


async def test_a_lost_last_message_is_found_by_the_audit() -> None:
    async with stage(settings=HubSettings(audit_interval_s=10)) as node:
        ann = await node.listen("ann", "room")
        node.broker.lose(1)
        await node.say("room", "lost")
        await pass_time(node, 9)
        assert ann.seen() == []
        await pass_time(node, 2)
        assert ann.seen() == ["lost"]


async def test_the_lease_is_kept() -> None:
    async with stage() as node:
        await node.listen("ann", "room")
        await pass_time(node, 120)
        assert set(await node.hub.members("room")) == {"s-ann"}


async def test_a_watched_channel_is_occupied_at_once_and_vacated_when_empty_for_a_while() -> None:
    async with stage(WATCHED, HubSettings(vacancy_s=3, linger_s=1)) as node:
        told: list[Occupancy] = []
        node.hub.watch_occupancy(told.append)
        ann, bob = await node.listen("ann", "room"), await node.listen("bob", "room")
        assert [(change.channel, change.occupied) for change in told] == [("room", True)]
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        await pass_time(node, 10)
        node.hub.detach(bob.info, "room", PLAIN_LINES)
        await pass_time(node, 2)
        assert len(told) == 1
        await pass_time(node, 2)
        assert [change.occupied for change in told] == [True, False]
        assert told[0].number < told[1].number


async def test_a_page_that_is_loaded_again_is_told_to_nobody() -> None:
    async with stage(WATCHED, HubSettings(vacancy_s=3)) as node:
        told: list[Occupancy] = []
        node.hub.watch_occupancy(told.append)
        for _ in range(5):
            ann = await node.listen("ann", "room")
            await pass_time(node, 5)
            node.hub.detach(ann.info, "room", PLAIN_LINES)
            await pass_time(node, 2)
        assert [change.occupied for change in told] == [True]


async def test_a_dead_nodes_channels_are_vacated_by_another() -> None:
    world = shared_world()
    async with (
        stage(WATCHED, world=world, node="n1") as dead,
        stage(WATCHED, world=world, node="n2") as living,
    ):
        told: list[Occupancy] = []
        living.hub.watch_occupancy(told.append)
        await dead.listen("ann", "room")
        world.leases.give_up("n1")
        for _ in range(10):
            world.leases._clock.jump(1)  # type: ignore[attr-defined] # the world's own clock
            await pass_time(living, 1)
        assert [(change.channel, change.occupied) for change in told] == [("room", False)]


async def test_where_nothing_is_watched_nothing_is_asked() -> None:
    async with stage(Namespace()) as node:
        told: list[Occupancy] = []
        node.hub.watch_occupancy(told.append)
        ann = await node.listen("ann", "room")
        node.hub.detach(ann.info, "room", PLAIN_LINES)
        await pass_time(node, 10)
        assert told == []


async def test_the_members_of_a_node_that_is_known_to_be_dead_leave_at_once() -> None:
    world = shared_world()
    async with stage(world=world, node="n1") as dead, stage(world=world, node="n2") as living:
        gone: list[tuple[str, ClientInfo]] = []
        living.hub.upkeep.watch_ghosts(lambda channel, member: gone.append((channel, member)))
        ann = await dead.listen("ann", "room")
        await living.listen("bob", "room")
        living.hub.upkeep.bury("n1")
        await turn()
        assert gone == [("room", ann.info)]
        assert set(await living.hub.members("room")) == {"s-bob"}


async def test_nobody_is_taken_for_dead_right_after_an_interruption() -> None:
    """A broker that was away comes back with all leases over; whoever is first must not reap the others."""
    world = shared_world()
    clock = world.leases._clock
    async with stage(world=world, node="n1") as slow, stage(world=world, node="n2") as quick:
        gone: list[str] = []
        quick.hub.upkeep.watch_ghosts(lambda channel, member: gone.append(channel))
        await slow.listen("ann", "room")
        clock.jump(60)  # type: ignore[attr-defined] # the world's own clock
        quick.clock.jump(60)
        await quick.broker.presence.renew()
        quick.hub.on_restored()
        for _ in range(5):
            await pass_time(quick, 1)
            clock.jump(1)  # type: ignore[attr-defined] # as above
        assert gone == []
        await slow.broker.presence.renew()
        assert set(await quick.hub.members("room")) == {"s-ann"}
        for _ in range(20):
            await pass_time(quick, 1)
            clock.jump(1)  # type: ignore[attr-defined] # as above
        assert gone == ["room"]
