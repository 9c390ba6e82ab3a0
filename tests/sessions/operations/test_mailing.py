"""Inboxes as clients use them: sending, catching up, acknowledging, reading, in several protocols."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hubbub.dialects.contract import Request
from hubbub.dialects.text import TextDialect
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.permissions.namespaces import Audience
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.model import Packet
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, PublishAsk, PublishGrant
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import ENVELOPED, Floor, floor

PERSONAL = AccessSettings(personal_channel=True)


class Writer(Speaker):
    """A client that uses inboxes."""

    @classmethod
    async def enter(cls, place: Floor, user: str, device: str | None = None, **more: object) -> Any:  # noqa: ANN401 - of whatever class
        query = {} if device is None else {"device": device}
        one = cls(place, Request(query=query))
        one.welcome = await one.connect(data={}, **more)
        return one

    welcome: dict[str, Any]

    async def do(self, name: str, **body: object) -> dict[str, Any]:
        """Return the answer's data, or the error."""
        reply = await self.ask(rpc={"method": f"hubbub.{name}", "data": body})
        while not reply:  # it takes several turns of the broker's
            await turn(1)
            self.hear()
            reply = next((each for each in self.said if each.get("id") == self._ids), {})
        found: dict[str, Any] = reply["error"] if "error" in reply else reply["rpc"]["data"]
        return found

    async def send(self, user: str, data: object, **more: object) -> dict[str, Any]:
        return await self.do("send", user=user, data=data, **more)

    def seen(self) -> list[Any]:
        return [push["pub"]["data"] for push in self.pushes() if "pub" in push]


def known(place: Floor, *permissions: Permission) -> None:
    """Let the application know who is who: by the token that a client shows."""

    async def who(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant(ask.token, permissions=permissions)

    place.hooks.connect = who


def configured(place: Floor, **settings: object) -> None:
    """Give the inboxes other settings."""
    inbox = place.node.inbox
    inbox.settings = replace(inbox.settings, **settings)  # type: ignore[arg-type] # whatever they are


async def test_a_message_reaches_who_is_there_and_waits_for_who_is_not() -> None:
    async with floor(access=PERSONAL) as place:
        known(place)
        ann = await Writer.enter(place, "ann", token="ann")
        sent = await ann.send("bob", {"text": "1"}, key="k1")
        bob = await Writer.enter(place, "bob", token="bob")
        assert (sent["id"], sent["offset"]) == ("k1", 1)
        assert bob.seen() == []
        await ann.send("bob", {"text": "2"})
        await turn(10)
        assert bob.seen() == [{"text": "2"}]
        unread = await bob.do("inbox_unread")
        assert (unread["total"], unread["senders"]) == (2, {"ann": 2})
        page = await bob.do("inbox_pull", take=True)
        assert [letter["data"]["text"] for letter in page["messages"]] == ["1", "2"]
        assert (await bob.do("inbox_pull", take=True))["messages"] == []
        assert (await bob.do("inbox_unread"))["total"] == 0


async def test_a_device_goes_on_where_it_has_acknowledged() -> None:
    async with floor(access=PERSONAL) as place:
        known(place)
        ann = await Writer.enter(place, "ann", token="ann")
        for number in range(1, 6):
            await ann.send("bob", number)
        phone = await Writer.enter(place, "bob", "phone", token="bob")
        mine = phone.welcome["subs"]["#bob"]
        assert [each["data"] for each in mine["publications"]] == [1, 2, 3, 4, 5]
        assert mine["recovered"]
        done = await phone.do("inbox_ack", offsets=[4, 1, 2])
        assert (done["upto"], done["ahead"]) == (2, 1)
        again = await Writer.enter(place, "bob", "phone", token="bob")
        assert [e["data"] for e in again.welcome["subs"]["#bob"]["publications"]] == [3, 4, 5]
        assert (await again.do("inbox_ack", upto=3))["upto"] == 4
        tablet = await Writer.enter(place, "bob", "tablet", token="bob")
        assert len(tablet.welcome["subs"]["#bob"]["publications"]) == 5
        unnamed = await Writer.enter(place, "bob", token="bob")
        assert "publications" not in unnamed.welcome["subs"]["#bob"]


async def test_what_was_dropped_meanwhile_is_told_to_the_device() -> None:
    async with floor(access=PERSONAL) as place:
        known(place)
        ann = await Writer.enter(place, "ann", token="ann")
        inbox: Inbox = place.node.inbox
        table = place.node.hub.namespaces
        small = replace(inbox.settings, size=2)
        place.node.hub.namespaces = replace(table, inbox=small.channel())
        for number in range(1, 6):
            await ann.send("bob", number)
        phone = await Writer.enter(place, "bob", "phone", token="bob")
        mine = phone.welcome["subs"]["#bob"]

        assert (mine.get("recovered", False), mine.get("publications", [])) == (False, [])
        page = await phone.do("inbox_pull", device="phone")
        assert ([letter["data"] for letter in page["messages"]], page["lost"]) == ([4, 5], 3)


async def test_the_senders_other_devices_see_what_was_sent() -> None:
    async with floor(access=PERSONAL) as place:
        known(place)
        phone = await Writer.enter(place, "ann", token="ann")
        tablet = await Writer.enter(place, "ann", token="ann")
        sent = await phone.send("bob", "hi")
        await turn(10)
        (copy,) = [push["pub"] for push in tablet.pushes() if "pub" in push]
        assert (copy["data"], copy["tags"]) == ("hi", {"id": sent["id"], "to": "bob"})
        assert phone.seen() == []
        assert (await tablet.do("inbox_unread"))["total"] == 0


async def test_who_may_send() -> None:
    """On a closed server nobody, but for whom the operator, a token or a hook permits it."""
    for trusting, send, allowed in (
        (True, None, True),
        (False, None, False),
        (False, Audience.USERS, True),
        (True, Audience.NOBODY, False),
    ):
        async with floor(trusting=trusting) as place:
            known(place)
            configured(place, send=send)
            ann = await Writer.enter(place, "ann", token="ann")
            code = (await ann.send("bob", 1)).get("code", 0)
            assert code == (0 if allowed else 103), (trusting, send)
    async with floor(trusting=False) as place:
        known(place, Permission(("#b*",), frozenset({Operation.PUBLISH}), wildcard=True))
        ann = await Writer.enter(place, "ann", token="ann")
        assert "id" in await ann.send("bob", 1)
        assert (await ann.send("carl", 1))["code"] == 103
        assert (await ann.ask(publish={"channel": "#carl", "data": 1}))["error"]["code"] == 103


async def test_a_hook_decides_about_sending_where_the_operator_wants_it() -> None:
    asked: list[tuple[str, bytes]] = []

    async def judge(ask: PublishAsk) -> PublishGrant:
        asked.append((ask.channel, ask.data))
        return PublishGrant(b'"changed"', tags={"seen": "yes"})

    async with floor(trusting=False) as place:
        known(place)
        configured(place, send_hook=True)
        ann = await Writer.enter(place, "ann", token="ann")
        assert (await ann.send("bob", 1))["code"] == 108
        place.hooks.publish = judge
        await ann.send("bob", 1)
        page = await place.node.inbox.pull("bob", 5)

        assert asked == [("#bob", b"1")]
        assert [(m.data, (m.tags or {})["seen"]) for m in page.messages] == [(b'"changed"', "yes")]


async def test_nobody_without_a_name_has_an_inbox() -> None:
    async with floor() as place:
        stranger = Writer(place)
        await stranger.connect()
        for name, body in (
            ("inbox_unread", {}),
            ("inbox_pull", {}),
            ("inbox_ack", {"upto": 0}),
            ("inbox_read", {"upto": 0}),
            ("send", {"user": "bob", "data": 1}),
        ):
            assert (await stranger.do(name, **body))["code"] == 103, name


async def test_plain_json_clients_do_the_same() -> None:
    async with floor() as place:
        await place.node.inbox.send("bob", b'"1"')
        request = Request(query={"device": "phone"})
        session, carrier = place.open(TextDialect(ENVELOPED, "#bob", "bob"), request)
        await turn(10)
        session.received(Packet(b'{"type":"hubbub.inbox_ack","upto":1,"id":3}'))
        session.received(Packet(b'{"type":"hubbub.send","user":"ann","data":[1],"id":4}'))
        await turn(10)
        lines = [json.loads(line) for line in carrier.lines()]

        assert next(line["data"] for line in lines if line["type"] == "message") == "1"
        answers = {line["id"]: line["data"] for line in lines if line["type"] == "answer"}
        assert answers[3]["upto"] == 1
        assert answers[4]["offset"] == 1
