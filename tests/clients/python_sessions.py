"""What PyPI `centrifuge-python` must be able to do as somebody, and what the server does to it."""

from __future__ import annotations

import time

from tests.clients.python_cell import Cell, code_of, numbers, two, until

LIFE_S = 2

# ── who one is, and for how long ────────────────────────────────────────────────────────────────


async def connect_with_a_token(cell: Cell) -> None:
    await cell.actor("zhang").connected()
    forged = cell.actor("zhang", token=cell.token(sub="zhang")[:-6] + "forged")
    await forged.client.connect()
    assert (await forged.first("disconnected")).code == 3500
    nobody = cell.actor("", token="")
    await nobody.client.connect()
    assert (await nobody.first("disconnected")).code == 3501


async def refresh_the_connection(cell: Cell) -> None:
    given = 0

    async def get_token() -> str:
        nonlocal given
        given += 1
        return cell.token(sub="zhang", exp=int(time.time()) + (600 if given == 2 else LIFE_S))

    zhang = await cell.actor("zhang", get_token=get_token).connected()
    room = await zhang.follow(cell.channel("room"))
    await until("a second token", lambda: given == 2)
    await room.subscription.publish(cell.pack({"still": "here"}))
    await room.shows(1)
    assert len(zhang.of("connected")) == len(zhang.of("connecting")) == 1


async def subscribe_with_a_token(cell: Cell) -> None:
    zhang, li = await two(cell)
    channel = cell.channel("private")
    barred = await zhang.ask(channel)
    assert (await barred.first("unsubscribed")).code == 103
    zhang.client.remove_subscription(barred.subscription)
    token = cell.token(sub="zhang", channel=channel)
    room = await zhang.follow(channel, token=token)
    await cell.api("publish", channel=channel, data={"n": 1})
    await room.shows(1)
    await li.ask(channel, token=token)
    assert (await li.first("disconnected")).code == 3500


async def refresh_a_subscription(cell: Cell) -> None:
    channel = cell.channel("private")
    given = 0

    async def get_token(asked: str) -> str:
        nonlocal given
        assert asked == channel
        given += 1
        life_s = 600 if given == 2 else LIFE_S
        return cell.token(sub="zhang", channel=channel, exp=int(time.time()) + life_s)

    zhang = await cell.actor("zhang").connected()
    room = await zhang.follow(channel, get_token=get_token)
    await until("a second token", lambda: given == 2)
    await cell.api("publish", channel=channel, data={"still": "here"})
    await room.shows(1)
    assert len(room.of("subscribed")) == len(room.of("subscribing")) == 1


# ── what the server does ────────────────────────────────────────────────────────────────────────


async def follow_what_the_token_says(cell: Cell) -> None:
    road = await cell.road()
    news = cell.channel("private")
    claims = {"subs": {news: {"data": {"hello": 1}}}}
    zhang = await cell.actor("zhang", road=road, claims=claims).connected()
    assert cell.unpack((await zhang.first("subscribed")).data) == {"hello": 1}
    await cell.api("publish", channel=news, data={"n": 1})
    await until("the first", lambda: len(zhang.of("publication")) == 1)
    road.close()
    await cell.api("publish", channel=news, data={"n": 2})
    road.open = True
    await until("the second", lambda: len(zhang.of("publication")) == 2)
    shown = [cell.unpack(each.pub.data) for each in zhang.of("publication")]
    assert shown == numbers(1, 2)
    assert zhang.of("subscribed")[-1].recovered


async def be_subscribed_and_unsubscribed_by_the_api(cell: Cell) -> None:
    user = cell.channel("user")
    zhang = await cell.actor(user).connected()
    channel = cell.channel("private")
    await cell.api("subscribe", user=user, channel=channel)
    assert (await zhang.first("subscribed")).channel == channel
    await cell.api("publish", channel=channel, data={"n": 1})
    assert cell.unpack((await zhang.first("publication")).pub.data) == {"n": 1}
    await cell.api("unsubscribe", user=user, channel=channel)
    assert (await zhang.first("unsubscribed")).channel == channel


async def be_disconnected_by_the_api(cell: Cell) -> None:
    user = cell.channel("user")
    zhang = await cell.actor(user).connected()
    await cell.api("disconnect", user=user, disconnect={"code": 4501, "reason": "fired"})
    ended = await zhang.first("disconnected")
    assert (ended.code, ended.reason) == (4501, "fired")


async def call_the_application(cell: Cell) -> None:
    zhang = await cell.actor("zhang").connected()
    said = await zhang.rpc("echo", {"text": "hi"})
    assert said == {"user": "zhang", "said": {"text": "hi"}}
    assert await code_of(zhang.rpc("refuse", {})) == 1001
    assert await zhang.rpc("over http", [1, 2]) == {"user": "zhang", "said": [1, 2]}
    assert await code_of(zhang.rpc("unknown", {})) == 1404
