from __future__ import annotations

from hubbub.dialects.kinds import Act, tags_of
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.redaction import SLACK, Redaction, erased, place, redacted
from hubbub.model import ClientInfo, Kind, Position, Publication
from tests.hub.stage import stage

ANN = ClientInfo("ann", "s1")
MESSAGE = Publication(b"\xff", Kind.BINARY, ANN, {"event": "e"}, time=9, offset=5, tag=77)
EDIT = Publication(b"secret", Kind.TEXT, ANN, tags_of(Act.EDIT, 5), offset=8, tag=78, made=True)
REACTION = Publication(b"{}", tags=tags_of(Act.REACTION, 5), offset=9, made=True)
OTHER = Publication(b"1", tags={"kind": "edit", "about": "5"}, offset=6)
KEPT = Namespace(edits=True, history_size=3)
DAY_S = 86_400.0


def test_a_deleted_message_and_its_edits_keep_their_places_and_nothing_else() -> None:
    gone = {place("e", 5)}
    shown = redacted([MESSAGE, OTHER, EDIT, REACTION], "e", gone)
    assert [(each.offset, each.data, each.tags) for each in shown] == [
        (5, b"null", {"kind": "deleted"}),
        (6, b"1", OTHER.tags),
        (8, b"null", {"kind": "deleted", "about": "5"}),
        (9, b"{}", REACTION.tags),
    ]
    first = shown[0]
    assert (first.kind, first.sender, first.time, first.tag) == (Kind.JSON, ANN, 9, 77)


def test_another_life_of_the_channel_has_lost_nothing() -> None:
    assert redacted([MESSAGE], "f", {place("e", 5)}) == [MESSAGE]
    assert redacted([MESSAGE], "e", ()) == [MESSAGE]


def test_what_was_erased_is_no_message() -> None:
    assert erased(MESSAGE).made
    assert erased(erased(MESSAGE)) == erased(MESSAGE)


async def test_deletions_are_noted_for_as_long_as_history_may_have_the_message() -> None:
    async with stage(KEPT) as place_:
        redaction = Redaction(place_.broker)
        last = 2 * SLACK
        await redaction.note("room", Position("old", 1), Position("e", last), kept=3)
        for offset in range(1, last + 1):
            await redaction.note("room", Position("e", offset), Position("e", last), kept=3)
        noted = await redaction.of("room", KEPT)
        assert set(noted) == {place("e", n) for n in range(last - 6 - SLACK + 1, last + 1)}
        assert not await redaction.of("elsewhere", KEPT)
        assert not await redaction.of("room", Namespace())


async def test_what_was_deleted_does_not_come_back_while_it_is_kept() -> None:
    """A year later it is kept, and deleted, although nobody deletes or reads anything meanwhile."""
    namespace = Namespace(edits=True, history_ttl_s=400 * DAY_S)
    async with stage(namespace) as place_:
        top = await place_.say("room", "secret", "word")
        redaction = Redaction(place_.broker)
        await redaction.note("room", Position(top.epoch, 1), top, namespace.history_size)
        for _ in range(399):
            place_.clock.jump(DAY_S)
            await place_.say("elsewhere", "x")
            await place_.broker.records.names("", "", 1)
        page = await place_.hub.history("room", 9, None, reverse=False)
        assert [each.data for each in page.publications] == [b"null", b"word"]
        for _ in range(10):
            place_.clock.jump(DAY_S)
            await place_.say("elsewhere", "x")
        assert await place_.broker.records.names("", "", 1) == []
        assert (await place_.hub.history("room", 9, None, reverse=False)).publications == []
