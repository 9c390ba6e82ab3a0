"""Sending, acknowledging, reading and pulling, on a memory broker."""

from __future__ import annotations

import asyncio
import json

import pytest

from hubbub.brokers.records import KEPT
from hubbub.dialects.envelope import ENVELOPE
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.encoding import Encoding
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.inbox.values import Sent
from hubbub.hub.permissions.namespaces import Data, Namespaces
from hubbub.model import ClientInfo, Kind
from tests.fakes.carrier import lines
from tests.hub.stage import Stage, stage, turn

ANN = ClientInfo("ann", "s1")
CARL = ClientInfo("carl", "s2")


class Post:
    """The inboxes of a node with small bounds."""

    def __init__(self, place: Stage, settings: InboxSettings) -> None:
        self.place = place
        self.place.hub.namespaces = Namespaces(inbox=settings.channel())
        self.inbox = Inbox(place.hub, settings, place.clock)

    async def send(self, *texts: str, by: ClientInfo | None = ANN, to: str = "bob") -> list[Sent]:
        return [await self.inbox.send(to, f'"{text}"'.encode(), sender=by) for text in texts]

    async def pulled(self, take: bool = False, **how: int | str) -> list[str]:
        page = await self.inbox.pull("bob", 100, take=take, **how)  # type: ignore[arg-type]
        return [message.data.decode().strip('"') for message in page.messages]


async def test_what_is_sent_waits_until_it_is_read() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        one, two = await post.send("1", "2")
        await post.send("3", by=CARL)
        await post.send("4", by=None)

        assert (one.position.offset, two.position.offset) == (1, 2)
        assert one.id != two.id
        before = await post.inbox.unread("bob")
        assert (before.total, before.senders) == (4, {"ann": 2, "carl": 1, "": 1})
        assert await post.pulled() == ["1", "2", "3", "4"]
        await post.inbox.read("bob", 3, "ann")
        after = await post.inbox.unread("bob")
        assert (after.total, after.senders) == (2, {"carl": 1, "": 1})
        assert await post.pulled() == ["3", "4"]
        await post.inbox.read("bob", 4)
        assert (await post.inbox.unread("bob")).total == 0
        assert await post.pulled() == []
        assert list(await place.broker.records.get("inbox:#bob")) == [f"{one.position.epoch}:r"]


async def test_pulling_twice_gives_the_unread_once() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send("1", "2", "3")
        page = await post.inbox.pull("bob", 2, take=True)

        assert ([m.offset for m in page.messages], page.upto, page.more) == ([1, 2], 2, True)
        assert await post.pulled(take=True) == ["3"]
        assert await post.pulled(take=True) == []
        assert (await post.inbox.unread("bob")).total == 0
        assert (await post.inbox.position("bob")).offset == 3


async def test_what_a_device_takes_is_acknowledged_and_not_read() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send("1", "2", "3")
        await post.inbox.acknowledge("bob", "phone", offsets=[2])
        assert await post.pulled(take=True, device="phone") == ["1", "3"]
        assert await post.pulled(take=True, device="phone") == []
        assert await post.pulled(device="tablet") == ["1", "2", "3"]
        assert (await post.inbox.unread("bob")).total == 3
        with pytest.raises(Refused, match="without since"):
            await post.pulled(take=True, since=1)
        assert await post.pulled(take=True) == ["1", "2", "3"]
        assert (await post.inbox.unread("bob")).total == 0


async def test_pages_follow_each_other() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send(*(str(number) for number in range(1, 8)))
        found: list[int] = []
        since, more = None, True
        while more:
            page = await post.inbox.pull("bob", 3, since=since)
            found += [message.offset for message in page.messages]
            since, more = page.upto, page.more

        assert found == [1, 2, 3, 4, 5, 6, 7]


async def test_a_key_makes_a_message_one() -> None:
    """The same key of another sender is another message; a copy is one, too."""
    async with stage() as place:
        post = Post(place, InboxSettings())
        send = post.inbox.send
        first = await send("bob", b"1", sender=ANN, key="k")
        again = await send("bob", b"1", sender=ANN, key="k")
        other = await send("bob", b"1", sender=CARL, key="k")
        nobody = await send("bob", b"1", key="k")

        assert (first.id, again.id, again.position, again.duplicate) == (
            *("k", "k"),
            first.position,
            True,
        )
        assert [other.position.offset, nobody.position.offset] == [2, 3]
        (top,) = await place.broker.log.tops(["#ann"])
        assert top.offset == 1


async def test_what_one_sends_is_in_ones_own_inbox_and_counts_as_read() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        (sent,) = await post.send("hello")
        tablet = await place.listen("ann", "#ann", recent=5)
        copy = await place.hub.history("#ann", 1, None, reverse=False)

        assert list(tablet.arrivals[0].publications) == list(copy.publications)
        (message,) = copy.publications
        assert (message.tags, message.exclude) == ({"id": sent.id, "to": "bob"}, "s1")
        assert (await post.inbox.unread("ann")).total == 0
        assert (await post.inbox.pull("ann", 10)).messages == []
        await post.inbox.send("ann", b"1", sender=ANN)
        assert (await post.inbox.unread("ann")).senders == {"ann": 1}


async def test_copies_can_be_left_out() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings(copies=False))
        await post.send("hello")
        (top,) = await place.broker.log.tops(["#ann"])

        assert top.offset == 0


async def test_devices_acknowledge_in_any_order() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send(*"123456")
        ack = post.inbox.acknowledge
        assert (await ack("bob", "phone", offsets=[3, 6])).upto == 0
        assert (await ack("bob", "phone", offsets=[1])).upto == 1
        done = await ack("bob", "phone", offsets=[2])
        assert (done.upto, done.ahead, done.top.offset) == (3, 1, 6)
        assert await post.pulled(device="phone") == ["4", "5"]
        assert await post.pulled(device="tablet") == list("123456")
        assert (await post.inbox.position("bob", "phone")).offset == 3
        done = await ack("bob", "phone", upto=5)
        assert (done.upto, done.ahead) == (6, 0)
        assert await ack("bob", "phone", upto=2, offsets=[4]) == done
        assert (await post.inbox.unread("bob")).total == 6
        fields = await place.broker.records.get("inbox:#bob")
        assert [name.split(":")[1] for name in fields] == ["d"]


async def test_nodes_acknowledge_for_one_device_at_the_same_time() -> None:
    """Whoever writes first or last, nothing that was acknowledged is forgotten."""
    async with stage() as place:
        post = Post(place, InboxSettings())
        other = Inbox(place.hub, InboxSettings(), place.clock)
        await post.send(*(str(number) for number in range(60)))
        offsets = [*range(1, 61)]
        await asyncio.gather(
            *(
                (post.inbox, other)[n % 2].acknowledge("bob", "phone", offsets=[offset])
                for n, offset in enumerate(offsets[::2] + offsets[1::2][::-1])
            )
        )

        assert (await post.inbox.position("bob", "phone")).offset == 60
        await post.inbox.acknowledge("bob", "phone", upto=60)
        assert len(await place.broker.records.get("inbox:#bob")) == 1


async def test_bounds_are_told() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings(devices=2, ahead=2))
        await post.send(*"12345")
        ack = post.inbox.acknowledge
        with pytest.raises(Refused, match="ends at offset 5"):
            await ack("bob", upto=6)
        with pytest.raises(Refused, match="ends at offset 5"):
            await post.inbox.read("bob", 6)
        with pytest.raises(Refused, match="older messages first"):
            await ack("bob", offsets=[3, 4, 5])
        with pytest.raises(Refused, match="born again"):
            await ack("bob", upto=1, epoch="another")
        with pytest.raises(Refused, match="device is named"):
            await ack("bob", "x" * 65, upto=1)
        for device, upto in (("a", 3), ("b", 1), ("c", 2)):
            await ack("bob", device, upto=upto)
        assert [
            (await post.inbox.position("bob", device)).offset for device in ("a", "b", "c")
        ] == [3, 0, 2]
        await post.inbox.forget("bob", "a")
        assert (await post.inbox.position("bob", "a")).offset == 0


@pytest.mark.parametrize("user", ["", "a#b", "a,b", "x" * 129, "a\nb"])
async def test_not_everybody_can_have_an_inbox(user: str) -> None:
    async with stage() as place:
        with pytest.raises(Refused):
            await Post(place, InboxSettings()).inbox.send(user, b"1")


async def test_what_messages_are_made_of_is_checked() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings(data=Data.OBJECT))
        with pytest.raises(Refused, match="object"):
            await post.inbox.send("bob", b"1")
        with pytest.raises(Refused, match="the server's"):
            await post.inbox.send("bob", b"{}", tags={"to": "x"})
        sent = await post.inbox.send("bob", b"{}", Kind.JSON, tags={"about": "tea"})
        page = await post.inbox.pull("bob", 1)
        assert page.messages[0].tags == {"about": "tea", "id": sent.id}


async def test_an_inbox_that_was_born_again_has_new_cursors() -> None:
    """What the broker forgot is not taken for read, and old cursors are cleared away."""
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send(*"123")
        await post.inbox.read("bob", 3)
        await post.inbox.acknowledge("bob", "phone", upto=3)
        fields = await place.broker.records.get("inbox:#bob")
        await place.broker.records.drop("inbox:#bob")
        for name, value in fields.items():
            await place.broker.records.put("inbox:#bob", "x" + name, value, KEPT)

        assert (await post.inbox.unread("bob")).total == 3
        await post.inbox.acknowledge("bob", "phone", upto=1)
        left = await place.broker.records.get("inbox:#bob")
        assert len(left) == 1


async def test_an_absent_broker_is_told() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        place.broker.moody.away = True
        with pytest.raises(BrokerUnavailable):
            await post.send("1")
        place.broker.moody.away = False
        await post.send("1")
        assert (await post.inbox.unread("bob")).total == 1


async def test_other_devices_see_what_is_read() -> None:
    """The notice is for those who are there: it has no offset, and a late or repeated one is not sent."""
    async with stage() as place:
        post = Post(place, InboxSettings())
        await post.send("1", "2", "3")
        tablet = await place.listen("bob", "#bob", encoding=Encoding(ENVELOPE, lines, joins=False))
        await post.inbox.read("bob", 2)
        await post.inbox.read("bob", 1)
        await post.inbox.read("bob", 3, "ann")
        await turn()
        seen = [json.loads(line) for line in tablet.seen()]

        assert [(each["data"], each["tags"], each.get("offset", 0)) for each in seen] == [
            ({"offset": 2}, {"kind": "read"}, 0),
            ({"offset": 3, "sender": "ann"}, {"kind": "read"}, 0),
        ]


async def test_who_can_have_no_inbox_sends_all_the_same_and_has_no_copy() -> None:
    async with stage() as place:
        post = Post(place, InboxSettings())
        (sent,) = await post.send("1", by=ClientInfo("ann, of accounting", "s1"))
        assert sent.position.offset == 1
        assert await post.pulled() == ["1"]


async def test_all_devices_of_a_user_together_have_a_bound() -> None:
    """However many devices somebody invents, the record stays as small; what was taken stays taken."""
    async with stage() as place:
        post = Post(place, InboxSettings(ahead=10, devices=5))
        await post.send(*(str(number) for number in range(30)))
        for number in range(40):
            await post.inbox.acknowledge("bob", f"d{number}", offsets=range(3, 12))
            await post.inbox.acknowledge("bob", f"d{number}", upto=1)
            assert len(await place.broker.records.get("inbox:#bob")) <= 10 + 5 + 9
        await post.inbox.acknowledge("bob", "d39", offsets=[2])
        assert (await post.inbox.acknowledge("bob", "d39")).upto == 11
