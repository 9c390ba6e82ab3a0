from __future__ import annotations

import asyncio

import pytest

from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON, JsonRenderer
from hubbub.dialects.contract import Emit
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.framings.conversation import EngineIo
from hubbub.hub.nodes.orders import PAYLOAD_LIMIT, OrderFailed
from hubbub.model import Kind, Packet
from hubbub.sessions.reaching.reach import ORDER, Fate, Kick, Mark, Reached, Say, Target
from hubbub.sessions.tags import TAGS_LIMIT
from tests.hub.stage import turn, until
from tests.sessions.cluster import Member, heard, nodes

HI = Say("", b'"hi"')


async def test_a_session_is_reached_wherever_it_is() -> None:
    async with nodes() as (one, two):
        ann, other = await two.speaker(), await two.speaker()
        for node in (one, two):
            reached = await node.reach.do(Target((ann.session.id,)), Say("news", b'{"a": 1}'))
            assert reached == Reached(Fate.DELIVERED, 1)
            assert heard(ann) == [{"event": "news", "data": {"a": 1}}]
        assert heard(other) == []


async def test_several_sessions_of_several_nodes_are_reached_once_each() -> None:
    async with nodes(3) as places:
        ann = [await each.speaker() for each in places]
        ids = tuple(each.session.id for each in ann)
        reached = await places[0].reach.do(Target((*ids, *ids)), HI)
        assert reached == Reached(Fate.DELIVERED, 3)
        # A user's sessions that are named as well hear it once.
        reached = await places[1].reach.do(Target(ids[:1], ("ann",)), HI)
        assert reached == Reached(Fate.DELIVERED, 3)
        assert [heard(each) for each in ann] == [["hi", "hi"]] * 3


async def test_users_tags_and_everybody_are_found_on_all_nodes() -> None:
    async with nodes() as (one, two):
        ann, bob, ann2 = await one.speaker(), await two.speaker("bob"), await two.speaker()
        everywhere = Target((bob.session.id,)), Target(users=("ann",))
        for target in everywhere:
            assert (await one.reach.do(target, Mark(("beta",)))).fate is Fate.TAGGED
        assert await one.reach.do(Target(users=("ann",)), HI) == Reached(Fate.DELIVERED, 2)
        assert await one.reach.do(Target(users=("bob",)), HI) == Reached(Fate.DELIVERED, 1)
        assert await one.reach.do(Target(tag="beta"), HI) == Reached(Fate.DELIVERED, 3)
        assert await two.reach.do(Target(users=("ann",)), Mark((), ("beta",))) == Reached(
            Fate.TAGGED, 2
        )
        assert await one.reach.do(Target(tag="beta"), HI) == Reached(Fate.DELIVERED, 1)
        assert await one.reach.do(Target(everybody=True), HI) == Reached(Fate.DELIVERED, 3)
        assert [len(heard(each)) for each in (ann, bob, ann2)] == [3, 4, 3]
        assert await one.reach.do(Target(users=("eve",)), HI) == Reached(Fate.OFFLINE)
        assert await one.reach.do(Target(tag="alpha"), HI) == Reached(Fate.OFFLINE)


async def test_who_is_kicked_goes_on_all_nodes() -> None:
    async with nodes() as (one, two):
        ann, bob, ann2 = await one.speaker(), await two.speaker("bob"), await two.speaker()
        assert await one.reach.do(Target(users=("ann",)), Kick(4001, "later")) == Reached(
            Fate.KICKED, 2
        )
        assert [each.code for each in (ann, bob, ann2)] == [4001, 0, 4001]
        for session in (ann.session.id, ann2.session.id):
            assert await one.reach.do(Target((session,)), HI) == Reached(Fate.GONE, 0, (session,))


@pytest.mark.parametrize("id", ["nobody", "", "n1.", ".x", "n9.abc", "n2.abc", "n" * 200 + ".x"])
async def test_an_id_of_no_session_is_gone(id: str) -> None:
    async with nodes() as (one, two):
        await two.speaker()
        assert await one.reach.do(Target((id,)), HI) == Reached(Fate.GONE, 0, (id,))


async def test_the_end_of_a_session_takes_its_tags() -> None:
    async with nodes(1) as (one,):
        ann = await one.speaker()
        await one.reach.do(Target((ann.session.id,)), Mark(("beta",)))
        assert len(one.floor.registry.tags) == 1
        await one.reach.do(Target(tag="beta"), Kick())
        assert len(one.floor.registry.tags) == 0
        assert await one.reach.do(Target(tag="beta"), HI) == Reached(Fate.OFFLINE)


async def test_a_session_with_all_tags_it_may_have_is_not_counted() -> None:
    async with nodes(1) as (one,):
        ann, bob = await one.speaker(), await one.speaker()
        full = Mark(tuple(f"{n}" for n in range(TAGS_LIMIT)))
        await one.reach.do(Target((ann.session.id,)), full)
        assert await one.reach.do(Target(users=("ann",)), Mark(("more",))) == Reached(
            Fate.TAGGED, 1
        )
        assert one.floor.registry.tags.of(bob.session.id) == {"more"}


async def test_the_dead_are_gone_and_the_silent_are_unknown() -> None:
    async with nodes(3) as (one, two, three):
        ann, bob = await two.speaker(), await three.speaker()

        async def silent(payload: bytes) -> bytes:
            await asyncio.sleep(60)
            return payload

        three.control.on(ORDER, silent)
        for target in (Target((bob.session.id,)), Target(users=("bob",))):
            asking = asyncio.create_task(one.reach.do(target, HI, 1.0))
            await turn(10)
            one.place.clock.jump(2)
            assert await asking == Reached(Fate.UNKNOWN, 0, (), ("n3",))
        # Who answers counts; who does not is named.
        asking = asyncio.create_task(
            one.reach.do(Target((ann.session.id, bob.session.id)), HI, 1.0)
        )
        await turn(10)
        one.place.clock.jump(2)
        assert await asking == Reached(Fate.DELIVERED, 1, (), ("n3",))

        await two.die()
        assert await one.control.nodes() == {"n1": b"", "n3": b""}
        gone = Reached(Fate.GONE, 0, (ann.session.id,))
        assert await one.reach.do(Target((ann.session.id,)), HI) == gone


async def test_an_order_that_cannot_be_carried_out_is_not_taken_for_done() -> None:
    async with nodes() as (one, two):
        ann = await two.speaker()

        def broken(payload: bytes) -> bytes:
            raise OrderFailed("n2", "it is broken")

        two.control.on(ORDER, broken)
        unknown = Reached(Fate.UNKNOWN, 0, (), ("n2",))
        assert await one.reach.do(Target((ann.session.id,)), HI) == unknown
        assert await one.reach.do(Target(users=("ann",)), HI) == unknown
        huge = Say("", b'"%b"' % (b"x" * PAYLOAD_LIMIT))
        for target in (Target((ann.session.id,)), Target(users=("ann",))):
            with pytest.raises(OrderFailed, match="bytes at most"):
                await one.reach.do(target, huge)


async def test_delivered_is_what_was_written() -> None:
    async with nodes(1) as (one,):
        ann, cut = await one.speaker(), await one.speaker()
        coming, carrier = one.floor.open(CentrifugeDialect(JSON))
        cut.carrier.broken = True
        slow = await one.speaker()
        slow.carrier.unread = 10_000
        slow.session.congested()
        reached = await one.reach.do(Target(everybody=True), HI)
        assert reached == Reached(Fate.DELIVERED, 1)
        assert (heard(ann), carrier.data, slow.code) == (["hi"], b"", 3008)
        assert await one.reach.do(Target((coming.id,)), HI) == Reached(Fate.OFFLINE)


async def test_it_is_rendered_once_for_all_who_speak_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    emitted = JsonRenderer.emitted

    def counted(self: JsonRenderer, emit: Emit) -> Packet:
        made.append(emit)
        return emitted(self, emit)

    monkeypatch.setattr(JsonRenderer, "emitted", counted)
    async with nodes(1) as (one,):
        listeners = [await one.speaker() for _ in range(50)]
        await one.reach.do(Target(everybody=True), HI)
        assert len(made) == 1
        assert [heard(each) for each in listeners] == [["hi"]] * 50


async def everyone(one: Member) -> list[list[str]]:
    """Have one client of each protocol hear a text and bytes, and return what they were sent."""
    _, plain = one.floor.plain("ann")
    _, enveloped = one.floor.enveloped("ann")
    socketio, page = one.floor.open(EngineIo(SocketIoDialect(1024), (), 1024))
    socketio.received(Packet(b"40"))
    await until(lambda: len(one.floor.registry.of_user("ann")) == 2)
    await turn(10)
    for carrier in (plain, enveloped, page):
        carrier.lines()
    await one.reach.do(Target(everybody=True), Say("news", b'"hi"'))
    await one.reach.do(Target(everybody=True), Say("", b"bytes", Kind.BINARY))
    return [carrier.lines() for carrier in (plain, enveloped, page)]


async def test_each_protocol_says_it_in_its_own_way() -> None:
    async with nodes(1) as (one,):
        assert await everyone(one) == [
            ["hi", "bytes"],
            [
                '{"type":"push","data":"hi","event":"news"}',
                '{"type":"push","data":"Ynl0ZXM=","encoding":"base64"}',
            ],
            ['42["news","hi"]', '451-["message",{"_placeholder":true,"num":0}]', "bytes"],
        ]
