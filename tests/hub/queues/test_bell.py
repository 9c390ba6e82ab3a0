from __future__ import annotations

import pytest

from hubbub.dialects.contract import Emit
from hubbub.hub.encoding import Event
from hubbub.hub.envelope import Joined
from hubbub.hub.queues.bell import BELL
from hubbub.model import ClientInfo, Publication


def test_it_rings_for_publications_and_for_nothing_else() -> None:
    said: list[Event] = [Publication(b"1"), Joined(ClientInfo("li", "s1")), Publication(b"2")]
    assert BELL.render("q", said) == b"!!"


def test_nobody_is_shown() -> None:
    bell = BELL._renderer
    assert bell.emitted(Emit("hi")) is None
    for show in (bell.joined, bell.left):
        with pytest.raises(NotImplementedError):
            show("q", ClientInfo("li", "s1"))
