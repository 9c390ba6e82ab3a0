"""Who may say what about a message, shown against a model that knows no log."""

from __future__ import annotations

import asyncio
import json
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act, kind_of
from hubbub.errors import Refused
from hubbub.hub.chats.amendments import Amender, Amendments, reading
from hubbub.hub.permissions.namespaces import Data, Namespace
from hubbub.model import ClientInfo, Kind, Position, Publication
from tests.hub.folding import Said, fold
from tests.hub.stage import Stage, stage, turn

CHAT = Namespace(edits=True, reactions=True, history_size=100)
USERS = ("ann", "bob", "")
"""Two with a name, and somebody without one."""


def amender(user: str, *, moderates: bool = False) -> Amender:
    return Amender(ClientInfo(user, f"s-{user}"), moderates)


class Step(NamedTuple):
    """One thing that somebody does; `about` picks among the offsets that there are, and beyond."""

    what: str
    user: str
    about: int
    moderates: bool
    word: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["say", "edit", "delete", "react", "unreact"]),
        st.sampled_from(USERS),
        st.integers(1, 12),
        st.booleans(),
        st.sampled_from(["a", "b"]),
    ),
    max_size=25,
)


class Model:
    """What a channel without a log would know: messages with their authors, and how they read."""

    def __init__(self) -> None:
        self.authors: dict[int, str] = {}
        self.messages: dict[int, Said] = {}
        self.top = 0

    def expect(self, step: Step, data: bytes) -> int:
        """Do a step, and return the code of its error; 0 where it is done."""
        if step.what == "say":
            self.top += 1
            self.authors[self.top], self.messages[self.top] = step.user, Said(data)
            return 0
        if step.about > self.top:
            return 108
        message = self.messages.get(step.about)
        if message is None:
            return 107
        own = self.authors[step.about] == step.user
        if step.what == "edit" and not own:
            return 103
        if step.what == "delete" and not (own or step.moderates):
            return 103
        if message.data is None:
            return 0 if step.what == "delete" else 108  # two deletions are one entry
        self.top += 1
        reactions, one = message.reactions, {(step.user or "s-", step.word)}
        self.messages[step.about] = {
            "edit": Said(data, reactions),
            "delete": Said(None),
            "react": Said(message.data, reactions | one),
            "unreact": Said(message.data, reactions - one),
        }[step.what]
        return 0


async def do(place: Stage, amendments: Amendments, step: Step, data: bytes) -> int:
    by = amender(step.user, moderates=step.moderates)
    if step.what == "say":
        await place.hub.publish("room", data, sender=by.info)
        return 0
    act = {"edit": Act.EDIT, "delete": Act.DELETE}.get(step.what, Act.REACTION)
    if act is Act.REACTION:
        data = json.dumps({"reaction": step.word, "removed": step.what == "unreact"}).encode()
    elif act is Act.DELETE:
        data = b"null"
    try:
        await amendments.amend(Amend("room", act, step.about, data=data), by)
    except Refused as refused:
        return refused.error.code
    return 0


async def play(steps: list[Step]) -> None:
    model = Model()
    async with stage(CHAT) as place:
        amendments = Amendments(place.hub, place.broker)
        watcher = await place.listen("watcher", "room")
        start = watcher.arrivals[0].position
        retired: set[bytes] = set()
        for number, step in enumerate(steps):
            data = json.dumps(f"{number}-{step.word}").encode()
            assert await do(place, amendments, step, data) == model.expect(step, data)
        await turn()
        page = await place.hub.history("room", -1, None, reverse=False)
        assert fold(page.publications) == model.messages
        retired = {
            each.data for each in page.publications if kind_of(each) in {"deleted", "delete"}
        }
        assert retired <= {b"null"}
        # Whoever comes back is shown the same, from the node's memory and from the broker's.
        for forget in (False, True):
            if forget:
                place.hub.past.let_go("room")
            for offset in range(model.top + 1):
                since = Position(start.epoch, offset)
                back = await place.listen(f"b{offset}{forget}", "room", since)
                arrival = back.arrivals[0]
                assert arrival.recovered
                assert list(arrival.publications) == page.publications[offset:]


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_folding_gives_what_a_channel_without_a_log_would_know(steps: list[Step]) -> None:
    asyncio.run(play(steps))


ANN = amender("ann")


async def test_a_retry_of_an_edit_with_its_key_is_one_edit() -> None:
    async with stage(CHAT) as place:
        amendments = Amendments(place.hub, place.broker)
        await place.hub.publish("room", b"1", sender=ANN.info)
        edit = Amend("room", Act.EDIT, 1, data=b"2", key="k")
        first, message = await amendments.amend(edit, ANN)
        again, _ = await amendments.amend(edit, ANN)
        assert message.data == b"1"
        assert (again.position, again.duplicate) == (first.position, True)
        back = Amend("room", Act.EDIT, 1, data=b"1")
        await amendments.amend(back, ANN)
        assert not (await amendments.amend(back, ANN))[0].duplicate


async def test_two_deletions_of_a_message_are_one() -> None:
    async with stage(CHAT) as place:
        amendments = Amendments(place.hub, place.broker)
        await place.hub.publish("room", b"1", sender=ANN.info)
        first, _ = await amendments.amend(Amend("room", Act.DELETE, 1), ANN)
        again, _ = await amendments.amend(
            Amend("room", Act.DELETE, 1), amender("m", moderates=True)
        )
        assert again.position == first.position


async def test_a_program_may_all_and_speaks_for_whom_it_wants() -> None:
    async with stage(CHAT) as place:
        amendments = Amendments(place.hub, place.broker)
        await place.hub.publish("room", b"1", sender=ANN.info)
        nobody = Amender(None, program=True)
        await amendments.amend(Amend("room", Act.EDIT, 1, data=b"2"), nobody)
        await amendments.amend(
            Amend("room", Act.DELETE, 1), Amender(ClientInfo("root", ""), program=True)
        )
        page = await place.hub.history("room", -1, None, reverse=False)
        assert [each.sender.user if each.sender else "" for each in page.publications] == [
            "ann",
            "",
            "root",
        ]


@pytest.mark.parametrize("act", list(Act), ids=str)
async def test_what_the_namespace_does_not_have_is_not_available(act: Act) -> None:
    async with stage(Namespace()) as place:
        await place.say("room", "1")
        with pytest.raises(Refused) as refused:
            await Amendments(place.hub, place.broker).amend(Amend("room", act, 1), ANN)
        assert refused.value.error.code == 108


async def test_an_edit_is_what_a_publication_there_may_be() -> None:
    async with stage(Namespace(edits=True, data=Data.OBJECT)) as place:
        amendments = Amendments(place.hub, place.broker)
        await place.hub.publish("room", b"{}", sender=ANN.info)
        with pytest.raises(Refused, match="object"):
            await amendments.amend(Amend("room", Act.EDIT, 1, data=b"2"), ANN)
        await amendments.amend(Amend("room", Act.DELETE, 1), ANN)


async def test_nobody_passes_off_a_message_as_an_edit() -> None:
    async with stage(CHAT) as place:
        for tags in ({"kind": "edit"}, {"about": "1"}):
            with pytest.raises(Refused) as refused:
                await place.hub.publish("room", b"1", tags=tags)
            assert refused.value.error.code == 107
        await place.hub.publish("room", b"1", tags={"topic": "rain"})
    async with stage() as place:
        await place.hub.publish("room", b"1", tags={"kind": "sport", "about": "1"})


def test_a_text_stays_a_text() -> None:
    text = Publication(b"helo", Kind.TEXT)
    for data, means in ((b'"hello"', (b"hello", Kind.TEXT)), (b'{"a":1}', (b'{"a":1}', Kind.JSON))):
        assert reading(Amend("room", Act.EDIT, 1, data=data), text) == means
    json_message = Publication(b'"helo"')
    assert reading(Amend("room", Act.EDIT, 1, data=b'"hello"'), json_message)[1] is Kind.JSON
