"""A WebSocket takes a polled session over, by hand."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import FORCE_DISCONNECT, NORMAL, Close
from hubbub.model import Packet
from hubbub.sessions.polls.upgrade import Upgrade
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn, until
from tests.sessions.poller import NOTHING, Polled
from tests.sessions.stage import floor


def knock(client: Polled) -> tuple[Upgrade, Carrier]:
    upgrade, socket = Upgrade(client.connection), Carrier()
    upgrade.opened(socket)
    return upgrade, socket


async def test_a_websocket_takes_over_without_losing_or_doubling_anything() -> None:
    async with floor() as place:
        client, other = await Polled(place).connect(), await Polled(place).connect()
        await client.say('42["subscribe","room"]', '42["subscribe","a"]')
        waiting = asyncio.create_task(client.connection.poll("", 5))
        await turn(2)
        upgrade, socket = knock(client)
        upgrade.received(Packet(b"2probe"))
        assert socket.lines() == ["3probe"]
        assert await waiting == NOTHING, "so that the client can stop polling"
        await other.say('42["publish",{"channel":"room","data":1}]')
        upgrade.received(Packet(b"5"))
        assert client.session.connection is socket
        assert client.gone == [client.connection]
        await other.say('42["publish",{"channel":"room","data":2}]')
        assert [line[:14] for line in socket.lines()] == ['42["message",1', '42["message",2']
        upgrade.received(Packet(b'421["unsubscribe","room"]'))
        assert [line[:3] for line in socket.lines()] == ["431"]
        upgrade.heard()
        upgrade.congested()
        assert client.session.id in place.registry.congested
        upgrade.drained()
        upgrade.closed(NORMAL)
        assert client.session.gone


async def test_a_session_moves_when_nothing_is_on_its_way() -> None:
    async with floor() as place:
        client, other = await Polled(place).connect(), await Polled(place).connect()
        upgrade, socket = knock(client)
        upgrade.received(Packet(b"2probe"))
        client.session.following["late"] = None
        upgrade.received(Packet(b"5"))
        before = client.session.connection
        client.connection.send(Packet(b"4x"))
        client.connection.send(Packet(b"4y"))
        assert client.connection.backlog() == socket.unread == 0
        client.connection.pause_reading()
        paused = socket.reading
        client.connection.resume_reading()
        assert (paused, socket.reading) == (False, True)
        assert socket.lines() == ["3probe", "4x", "4y"]
        del client.session.following["late"]
        await until(lambda: client.session.connection is socket)
        assert before is client.connection
        assert not other.session.gone


@pytest.mark.parametrize("said", [[b"5"], [b"2"], [b"2probe", b"2probe"], [b"2probe", b"40"]])
async def test_a_websocket_that_does_not_keep_to_the_steps_is_sent_away(said: list[bytes]) -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        upgrade, socket = knock(client)
        for packet in said:
            upgrade.received(Packet(packet))
        assert socket.closes[0].code == 3501
        upgrade.closed(socket.closes[0])
        assert not client.session.gone
        assert await client.poll() == NOTHING


async def test_only_one_websocket_may_try() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        (first, socket), (second, newer) = knock(client), knock(client)
        assert socket.closes
        first.closed(Close(1006, "gone"))
        second.received(Packet(b"2probe"))
        client.session.end(FORCE_DISCONNECT)
        assert newer.closes == [FORCE_DISCONNECT]
        second.closed(FORCE_DISCONNECT)
        assert [await client.poll(), await client.poll()] == [b"41", b"1"]


async def test_after_the_move_the_session_ends_by_its_websocket() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        upgrade, socket = knock(client)
        upgrade.received(Packet(b"2probe"))
        client.session.following["late"] = None
        upgrade.received(Packet(b"5"))
        client.session.end(FORCE_DISCONNECT)
        assert socket.closes == [FORCE_DISCONNECT]
        await until(lambda: client.session.gone)


async def test_a_session_that_ends_as_it_moves_leaves_nothing_behind() -> None:
    async with floor() as place:
        client = Polled(place)
        assert (await client.poll()).startswith(b'0{"sid":')
        upgrade, _ = knock(client)
        for packet in (
            b"2probe",
            b"5",
        ):  # before it says who it is, which holds back what it is told
            upgrade.received(Packet(packet))
        assert client.gone == []
        upgrade.closed(Close(1006, "connection lost"))
        await until(lambda: client.gone == [client.connection])
