"""What a client is shown of some chats, and how it is to read them: the same for Python and the chat page.

The publications are those of a real hub;
`python -m tests.hub.folding_vectors` writes them for the page's test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.dialects.envelope import ENVELOPE
from hubbub.hub.encoding import Encoding
from hubbub.model import Publication
from tests.fakes.carrier import lines
from tests.fakes.clock import JumpingClock
from tests.hub.chats.test_chat_model import PEOPLE, Place, Step
from tests.hub.folding import fold
from tests.hub.stage import Listener, turn

FILE = Path(__file__).parents[2] / "web/chat/state/folding.json"
ANN, ANN_TOO, BOB, _, SOMEBODY, ANOTHER = PEOPLE
_ENVELOPED = Encoding(ENVELOPE, lines, joins=False)


def by(*deeds: tuple[str, Any, int, str]) -> list[Step]:
    return [
        Step(deed, who, 0, about, moderates=True, word=word) for deed, who, about, word in deeds
    ]


CASES = {
    "the last edit counts": by(
        ("say", ANN, 0, "helo"),
        ("edit", ANN, 1, "hello"),
        ("edit", ANN_TOO, 1, "hello!"),
        ("say", BOB, 0, "hi"),
        ("edit", ANN, 1, "helo"),
    ),
    "each user has each reaction once": by(
        ("say", ANN, 0, "hello"),
        ("react", BOB, 1, "+"),
        ("react", ANN, 1, "+"),
        ("react", ANN_TOO, 1, "+"),
        ("react", ANN, 1, "-"),
        ("unreact", ANN_TOO, 1, "+"),
        ("unreact", BOB, 1, "-"),
    ),
    "who has no name is one session": by(
        ("say", SOMEBODY, 0, "hello"),
        ("react", SOMEBODY, 1, "+"),
        ("react", ANOTHER, 1, "+"),
        ("unreact", ANOTHER, 1, "+"),
        ("react", ANOTHER, 1, "-"),
    ),
    "what is deleted is gone with all that was said about it": by(
        ("say", ANN, 0, "hello"),
        ("say", BOB, 0, "secret"),
        ("edit", BOB, 2, "secret too"),
        ("react", ANN, 2, "+"),
        ("say", ANN, 0, "bye"),
        ("delete", BOB, 2, ""),
        ("react", BOB, 1, "+"),
    ),
    **{
        f"chance {seed}": [
            Step(
                chance.choice(["say", "say", "edit", "delete", "react", "react", "unreact"]),
                chance.choice(PEOPLE),
                0,
                chance.randrange(1, 20),
                chance.random() < 0.3,
                chance.choice(["+", "-", "x"]),
            )
            for _ in range(60)
        ]
        for seed in range(1, 4)
        for chance in (Random(seed),)
    },
}


def shown(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    """Return publications as the page knows them."""
    return [
        _shown(each.offset, json.loads(each.data), each.tags, each.sender.user, each.sender.session)
        for each in publications
        if each.sender is not None
    ]


def _shown(
    offset: int, data: object, tags: dict[str, str] | None, user: str, client: str
) -> dict[str, Any]:
    said = {"offset": offset, "data": data, "user": user, "client": client, "time": 0}
    return {**said, "tags": tags} if tags else said


def _heard(line: str) -> dict[str, Any]:
    said = json.loads(line)
    sender = said["sender"]
    user, client = sender.get("user", ""), sender["session"]
    return _shown(said["offset"], said["data"], said.get("tags"), user, client)


async def vector(steps: list[Step]) -> dict[str, Any]:
    """Return what was shown live, what history shows afterwards, and how both are read."""
    clock = JumpingClock()
    place = Place(MemoryBroker(MemorySettings(), clock, World(MemorySettings(), clock)), clock)
    await place.broker.start("n1", place.hub)
    ear = Listener("ear")
    ear.encoding = _ENVELOPED
    await place.hub.attach(ear, ear.wish("room"))
    for number, step in enumerate(steps):
        data = json.dumps({"id": f"m{number}", "text": f"{step.word} {number}"}).encode()
        await place.do(step, data)
    await turn()
    page = await place.hub.history("room", -1, None, reverse=False)
    reads = {
        str(offset): {
            "text": None if said.data is None else json.loads(said.data)["text"],
            "reactions": sorted(map(list, said.reactions)),
        }
        for offset, said in fold(page.publications).items()
    }
    live = [_heard(line) for line in ear.seen()]
    await place.hub.close()
    await place.broker.close()
    return {"live": live, "history": shown(page.publications), "reads": reads}


async def vectors() -> dict[str, Any]:
    return {name: await vector(steps) for name, steps in CASES.items()}


def written(found: dict[str, Any]) -> str:
    """Return them as JSON, one case a line."""
    rows = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in found.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(written(asyncio.run(vectors())))
