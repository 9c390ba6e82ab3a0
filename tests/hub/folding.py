"""How a client reads a channel: what is said about messages is folded into them, in the order of offsets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from hubbub.dialects.kinds import Act, about_of, kind_of
from hubbub.model import ClientInfo, Publication


class Said(NamedTuple):
    """How a message reads; None where it was deleted, and who reacted how."""

    data: bytes | None
    reactions: frozenset[tuple[str, str]] = frozenset()


def reacting(sender: ClientInfo | None) -> str:
    """Return whose a reaction is: a user's, or a session's that has no name."""
    return (sender.user or sender.session) if sender else ""


def fold(publications: Iterable[Publication]) -> dict[int, Said]:
    """Read a channel as a client does, from its oldest publication to its newest."""
    found: dict[int, Said] = {}
    for each in publications:
        kind, about = kind_of(each), about_of(each)
        if not kind:
            found[each.offset] = Said(each.data)
        elif kind == "deleted" and not about:
            found[each.offset] = Said(None)
        elif about in found and found[about].data is not None:
            found[about] = _amended(found[about], kind, each)
    return found


def _amended(message: Said, kind: str, by: Publication) -> Said:
    if kind == Act.EDIT:
        return Said(by.data, message.reactions)
    if kind == Act.DELETE:
        return Said(None)
    if kind != Act.REACTION:
        return message
    said = json.loads(by.data)
    one = {(reacting(by.sender), said["reaction"])}
    removed = said.get("removed", False)
    return Said(message.data, message.reactions - one if removed else message.reactions | one)
