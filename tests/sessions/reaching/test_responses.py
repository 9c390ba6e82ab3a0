"""Answers from client to client, on one node and on two."""

from __future__ import annotations

import pytest

from hubbub.dialects.contract import Response
from hubbub.errors import LIMIT_EXCEEDED, SHUTDOWN, Refused
from hubbub.hub.nodes.orders import PAYLOAD_LIMIT
from hubbub.model import Kind
from hubbub.sessions.reaching.responses import Responses
from tests.dialects.stomp.heard import Heard
from tests.hub.stage import turn
from tests.sessions.cluster import Member, nodes
from tests.sessions.stomp_page import Page

ASK = "/topic/ask"
ANSWER = Response("foo", b"hi", Kind.TEXT)


async def question(asks: Page, answers: Page) -> Heard:
    """Have one page ask, and return what the other one hears."""
    await asks.connect("ann")
    await answers.connect("bob")
    await answers.follow("s", ASK)
    await asks.say("SEND", "?", destination=ASK, reply_to="/temp-queue/foo", correlation_id="7")
    await turn(20)
    (heard,) = answers.hear()
    return heard


@pytest.mark.parametrize("other", [0, 1])
async def test_who_is_asked_answers_who_asked(other: int) -> None:
    async with nodes() as members:
        ann, bob = Page(members[0].floor), Page(members[other].floor)
        asked = await question(ann, bob)
        assert asked.headers["reply-to"].startswith("/reply-queue/n1.")
        to, seven = asked.headers["reply-to"], asked.headers["correlation-id"]
        receipt = await bob.say("SEND", "!", destination=to, correlation_id=seven, receipt="r")
        await turn(20)
        assert [each.command for each in receipt + bob.hear()] == ["RECEIPT"]
        (answer,) = ann.hear()
        assert answer == Heard(
            "MESSAGE",
            {
                "destination": "/temp-queue/foo",
                "subscription": "/temp-queue/foo",
                "message-id": answer.headers["message-id"],
                "content-type": "text/plain",
                "x-user": "bob",
                "correlation-id": "7",
                "content-length": "1",
            },
            "!",
        )
        await ann.say("SUBSCRIBE", id="mine", destination="/temp-queue/foo")
        await bob.say("SEND", "[1]", destination=to)
        await turn(20)
        (again,) = ann.hear()
        assert again.headers["subscription"] == "mine"
        assert again.headers["message-id"] != answer.headers["message-id"]


async def test_who_has_left_is_not_answered_and_nobody_fails() -> None:
    async with nodes() as members:
        ann, bob = Page(members[0].floor), Page(members[1].floor)
        to = (await question(ann, bob)).headers["reply-to"]
        ann.session.closed(SHUTDOWN)
        for lost in (to, "/reply-queue/n9.x.y/foo", "/reply-queue/x"):
            said = await bob.say("SEND", "!", destination=lost, receipt="r")
            await turn(20)
            assert [each.command for each in said + bob.hear()] == ["RECEIPT"]


async def test_no_address_is_made_of_an_id() -> None:
    async with nodes(1) as (member,):
        ann, bob = Page(member.floor), Page(member.floor)
        real = (await question(ann, bob)).headers["reply-to"]
        address = real.split("/")[2]
        assert address.startswith(f"{ann.session.id}.")
        for forged in (ann.session.id, f"{ann.session.id}.{'0' * 32}", address[:-1]):
            await bob.say("SEND", "!", destination=f"/reply-queue/{forged}/foo")
        assert ann.hear() == []


async def test_what_is_too_large_for_another_node_is_refused() -> None:
    async with nodes() as members:
        large = Response("foo", bytes(PAYLOAD_LIMIT), Kind.BINARY)
        working = responses(members[1]).bring(responses(members[0]).address("n1.x"), large)
        assert working is not None
        with pytest.raises(Refused) as refused:
            await working
        assert refused.value.error == LIMIT_EXCEEDED


async def test_who_does_not_read_is_looked_at_before_more_is_written() -> None:
    async with nodes(1) as (member,):
        ann = Page(member.floor)
        await ann.connect("ann")
        ann.session.congested()
        ann.carrier.unread = 10**9
        assert responses(member).bring(responses(member).address(ann.session.id), ANSWER) is None
        assert ann.session.gone


def responses(member: Member) -> Responses:
    return member.floor.services.responses
