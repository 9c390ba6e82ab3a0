"""Who is shown a publication as a change, and who in full."""

from __future__ import annotations

import json
import random

import pytest

from hubbub.dialects.centrifuge.json import JSON
from hubbub.hub.contract import Attachment
from hubbub.hub.encodings import Encodings
from hubbub.hub.envelope import Joined
from hubbub.hub.fanout import Audience
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Kind, Position, Publication
from tests.dialects.test_fossil import apply
from tests.fakes.carrier import Carrier, lines
from tests.fakes.changes import WholeRenderer
from tests.hub.stage import Listener, Stage, stage, turn

ENCODINGS, RENDERER = Encodings(), WholeRenderer()
CHANGES = ENCODINGS.of(RENDERER, lines, joins=True, delta=True)
WHOLES = ENCODINGS.of(RENDERER, lines, joins=True)
QUIET = ENCODINGS.of(RENDERER, lines, joins=False, delta=True)
DELTA = Namespace(delta=True)


def said(*numbers: int, exclude: str = "") -> list[Publication]:
    """Return publications of numbers, each the successor of the number before it."""
    return [Publication(b"%d" % n, exclude=exclude, base=b"%d" % (n - 1)) for n in numbers]


class Room:
    """An audience whose members keep what they see."""

    def __init__(self) -> None:
        self.audience = Audience("room")
        self.carriers: dict[str, Carrier] = {}

    def enter(self, name: str, *, knows: bool = False) -> None:
        self.carriers[name] = Carrier()
        self.audience.add(CHANGES.entry(knows), name, self.carriers[name].write)

    def put(self, *events: Publication | Joined) -> None:
        for event in events:
            self.audience.put(event)
        self.audience.flush()

    def seen(self) -> dict[str, list[str]]:
        return {name: carrier.lines() for name, carrier in self.carriers.items()}


def test_a_newcomer_is_shown_one_publication_in_full_and_then_changes() -> None:
    room = Room()
    room.enter("old", knows=True)
    room.enter("new")
    room.put(*said(1))
    assert room.seen() == {"old": ["0>1"], "new": ["1"]}
    room.put(*said(2, 3))
    assert room.seen() == {"old": ["1>2", "2>3"], "new": ["1>2", "2>3"]}


def test_of_several_publications_of_one_turn_the_first_is_in_full() -> None:
    room = Room()
    room.enter("old", knows=True)
    room.enter("new")
    room.put(Joined(ClientInfo("ann", "s")), *said(1, 2))
    assert room.seen() == {"old": ["+ann", "0>1", "1>2"], "new": ["+ann", "1", "1>2"]}


def test_a_join_makes_nobody_know_anything() -> None:
    room = Room()
    room.enter("new")
    room.put(Joined(ClientInfo("ann", "s")))
    room.put(*said(1))
    assert room.seen() == {"new": ["+ann", "1"]}


def test_who_was_left_out_is_shown_the_next_one_in_full() -> None:
    room = Room()
    room.enter("a", knows=True)
    room.enter("b", knows=True)
    room.enter("c")
    room.put(*said(1, exclude="a"))
    assert room.seen() == {"a": [], "b": ["0>1"], "c": ["1"]}
    room.put(*said(2))
    assert room.seen() == {"a": ["2"], "b": ["1>2"], "c": ["1>2"]}
    room.put(*said(3), *said(4, exclude="b"), *said(5))
    assert room.seen() == {
        "a": ["2>3", "3>4", "4>5"],
        "b": ["3", "5"],
        "c": ["2>3", "3>4", "4>5"],
    }
    room.put(*said(6))
    assert room.seen() == {"a": ["5>6"], "b": ["6"], "c": ["5>6"]}
    room.enter("d")
    room.put(*said(7, exclude="d"))
    room.put(*said(8))
    assert room.seen()["d"] == ["8"]


def test_who_could_not_be_shown_something_is_shown_the_next_one_in_full() -> None:
    room = Room()
    room.enter("a", knows=True)
    room.enter("b")
    room.put(Publication(b"unshowable", base=b"0"))
    assert room.seen() == {"a": [], "b": []}
    room.put(Publication(b"1", base=b"unshowable"))
    assert room.seen() == {"a": ["1"], "b": ["1"]}
    room.put(Publication(b"unshowable", base=b"1"), Publication(b"2", base=b"unshowable"), *said(3))
    assert room.seen() == {"a": ["2", "2>3"], "b": ["2", "2>3"]}


@pytest.mark.parametrize("knows", [True, False])
def test_leaving_finds_who_leaves(knows: bool) -> None:
    room = Room()
    room.enter("a", knows=knows)
    room.enter("b", knows=not knows)
    assert len(room.audience) == 2
    room.audience.remove(CHANGES, "a")
    assert list(room.audience.sessions()) == ["b"]
    room.put(*said(1))
    room.audience.remove(CHANGES, "b")
    assert len(room.audience) == 0


def test_changes_are_neither_filtered_nor_asked_of_a_protocol_without() -> None:
    encodings = Encodings()
    assert CHANGES.delta and not WHOLES.delta
    whole = encodings.of(RENDERER.deltas or RENDERER, lines, joins=True)
    assert encodings.of(RENDERER.deltas or RENDERER, lines, joins=True, delta=True) is whole


# ── in a channel ────────────────────────────────────────────────────────────────────────────────


async def listen(node: Stage, name: str, since: Position | None = None) -> Listener:
    return await node.listen(name, "room", since, encoding=QUIET)


async def test_each_publication_is_the_successor_of_the_one_shown_before_it() -> None:
    async with stage(DELTA) as node:
        ann = await listen(node, "ann")
        assert ann.arrivals[0].delta
        await node.say("room", "1", "2")
        await node.hub.publish("room", b"unnumbered", skip_history=True)
        await node.say("room", "3")
        await node.hub.publish("room", b"text", Kind.TEXT)
        await node.say("room", "4")
        assert ann.seen() == ["1", "1>2", "2>unnumbered", "unnumbered>3", "text", "4"]


async def test_where_nobody_asked_or_the_channel_does_not_offer_it_all_is_in_full() -> None:
    async with stage(DELTA) as node:
        bob = await node.listen("bob", "room", encoding=ENCODINGS.of(RENDERER, lines, joins=False))
        await node.say("room", "1", "2")
        assert (bob.arrivals[0].delta, bob.seen()) == (False, ["1", "2"])
    async with stage() as node:
        ann = await listen(node, "ann")
        await node.say("room", "1", "2")
        assert ann.seen() == ["1", "2"]


async def test_who_recovered_something_has_what_the_next_one_changes() -> None:
    async with stage(DELTA) as node:
        await listen(node, "ann")
        top = await node.say("room", "1", "2", "3")
        bob = await listen(node, "bob", since=Position(top.epoch, 1))
        cid = await listen(node, "cid", since=top)
        await node.say("room", "4")
        assert [each.data for each in bob.arrivals[0].publications] == [b"2", b"3"]
        assert all(each.base is None for each in bob.arrivals[0].publications)
        assert (bob.seen(), cid.seen()) == (["3>4"], ["4"])


async def test_what_was_recovered_is_no_base_if_something_else_was_shown_since() -> None:
    async with stage(DELTA) as node:
        await listen(node, "ann")
        top = await node.say("room", "1", "2")
        await node.hub.publish("room", b"unnumbered", skip_history=True)
        await turn()
        bob = await listen(node, "bob", since=Position(top.epoch, 1))
        await node.say("room", "3")
        assert bob.seen() == ["3"]


async def test_after_a_gap_nothing_is_the_successor_of_what_was_before_it() -> None:
    async with stage(Namespace(delta=True, history_size=0)) as node:
        ann = await listen(node, "ann")
        await node.say("room", "1")
        assert node.broker.lossy is not None
        node.broker.lossy.lose_next = 1
        await node.say("room", "2")
        await node.say("room", "3", "4")
        assert ann.seen() == ["1", "3", "3>4"]


class Sdk:
    """A client that applies what it is shown, as the JSON SDKs do."""

    def __init__(self, name: str) -> None:
        self.listener = Listener(name)
        self.value = b""
        self.values: list[object] = []
        self.changes = 0

    def take(self, pub: dict[str, object]) -> None:
        data = str(pub["data"]).encode()
        self.value = apply(self.value, data) if pub.get("delta") else data
        self.changes += bool(pub.get("delta"))
        self.values.append(json.loads(self.value))

    def look(self) -> None:
        """Take what arrived since, beginning with the reply of the subscription."""
        for reply in self.listener.arrivals:
            answer = json.loads(JSON.reply(1, reply).data)["subscribe"]
            assert answer["delta"] is True
            for pub in answer.get("publications", []):
                self.take(pub)
        self.listener.arrivals.clear()
        for line in self.listener.seen():
            self.take(json.loads(line)["push"]["pub"])


@pytest.mark.parametrize("seed", range(12))
async def test_whoever_comes_and_goes_has_every_value_in_the_end(seed: int) -> None:
    chance = random.Random(seed)
    encoding = Encodings().of(JSON.renderer, lines, joins=False, delta=True)
    document = {"text": "é日" * 20, "n": 0, "list": list(range(20))}
    async with stage(DELTA, HubSettings(ring_size=chance.choice([1, 8]))) as node:
        sdks: dict[str, Sdk] = {}
        sent: list[object] = []
        tops: dict[str, tuple[Position, int]] = {}

        async def enter(name: str) -> None:
            since, count = tops.get(name, (None, len(sent)))
            sdk = sdks[name] = Sdk(name)
            await node.hub.attach(
                sdk.listener, Attachment("room", encoding, sdk.listener._arrived, since)
            )
            expected[name] = sent[count:] if since else []

        expected: dict[str, list[object]] = {}
        for n in range(80):
            name = f"s{chance.randrange(6)}"
            if name not in sdks:
                await enter(name)
            elif chance.random() < 0.3:
                await turn()
                sdk = sdks.pop(name)
                sdk.look()
                assert sdk.values == expected.pop(name)
                node.hub.detach(sdk.listener.info, "room", encoding)
                top = (await node.hub.history("room", 0, None, reverse=False)).position
                tops[name] = (top, len(sent))
            excluded = chance.choice([*sdks, "nobody"]) if chance.random() < 0.2 else "nobody"
            document["n"] = n
            document["text"] = f"é{chance.randrange(9)}日" * 20
            value = json.loads(json.dumps(document))
            node.hub.publish(
                "room",
                json.dumps(value, ensure_ascii=False).encode(),
                exclude=f"s-{excluded}",
                skip_history=False,
            )
            sent.append(value)
            for other in sdks:
                if other != excluded:
                    expected[other].append(value)
            if chance.random() < 0.6:
                await turn()
        await turn()
        for name, sdk in sdks.items():
            sdk.look()
            assert sdk.values == expected[name]
        assert sum(sdk.changes for sdk in sdks.values()) > 20
