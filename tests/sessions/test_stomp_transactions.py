"""Transactions of STOMP: all of it or none, as far as that can be known."""

from __future__ import annotations

import asyncio

from hubbub.sessions.limits import SessionLimits
from tests.hub.stage import turn
from tests.sessions.stage import floor
from tests.sessions.stomp_page import Page, bodies


async def test_a_transaction_is_one_receipt() -> None:
    async with floor() as place:
        page = Page(place)
        await page.connect()
        await page.follow("a", "/topic/room")
        await page.say("BEGIN", transaction="t")
        for n in (1, 2):
            assert await page.say("SEND", f"{n}", destination="/topic/room", transaction="t") == []
        place.node.broker.moody.withheld = stored = asyncio.Event()
        assert bodies(await page.say("COMMIT", transaction="t", receipt="c")) == ["1", "2"]
        stored.set()
        await turn(10)
        (receipt,) = page.hear()
        assert receipt.headers == {"receipt-id": "c"}


async def test_a_transaction_of_which_one_part_is_refused_does_nothing() -> None:
    async with floor() as place:
        page, other = Page(place), Page(place)
        for each in (page, other):
            await each.connect()
            await each.follow("a", "/topic/room")
        await page.say("BEGIN", transaction="t")
        for to in ("/topic/room", "/topic/dialog#ann,bob", "/topic/room"):
            await page.say("SEND", "1", destination=to, transaction="t")
        (error,) = await page.say("COMMIT", transaction="t", receipt="c")
        assert error.headers["receipt-id"] == "c"
        assert error.headers["x-code"] == "103"
        assert "number 2 of 3, and none of them is done" in error.headers["message"]
        assert other.hear() == []


async def test_what_waits_in_a_transaction_counts_when_it_is_said() -> None:
    async with floor(SessionLimits(commands_per_s=1, command_burst=8)) as place:
        page, other = Page(place), Page(place)
        for each in (page, other):
            await each.connect()
            await each.follow("a", "/topic/room")
        for transaction, heard in (("t", ["0", "1"]), ("u", [])):
            await page.say("BEGIN", transaction=transaction)
            for n in range(2):
                await page.say("SEND", f"{n}", destination="/topic/room", transaction=transaction)
            await page.say("COMMIT", transaction=transaction)
            assert bodies(other.hear()) == heard
        assert page.carrier.closes
