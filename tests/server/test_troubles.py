from __future__ import annotations

from hubbub.http.pulse import Down
from hubbub.server.troubles import Ear, News, Troubles


def test_one_death_is_no_trouble() -> None:
    troubles = Troubles("here")
    assert not troubles.died(1, 1, "killed by SIGKILL")
    assert not troubles
    assert not troubles.well(1)
    assert Ear().hear(troubles.encode()) == [News()]


def test_what_is_said_is_heard_in_pieces_and_in_order() -> None:
    troubles = Troubles("here")
    assert troubles.died(2, 2, "exit code 1")
    first = troubles.encode()
    assert troubles.died(1, 3, "killed by SIGSEGV")
    ear = Ear()
    said = [ear.hear(bytes([byte])) for byte in first + troubles.encode()]
    both = (Down("here", 1, 3, "killed by SIGSEGV"), Down("here", 2, 2, "exit code 1"))
    assert [each for each in said if each] == [[News(both[1:])], [News(both)]]
    assert Ear().hear(first + troubles.encode()) == [News(both[1:]), News(both)]
    assert str(both[0]) == "worker 1 of here died 3 times in a row: killed by SIGSEGV"


def test_who_lives_is_in_no_trouble() -> None:
    troubles = Troubles("here")
    troubles.died(1, 2, "exit code 1")
    assert troubles.well(1)
    troubles.died(1, 2, "exit code 1")
    assert troubles.died(1, 1, "exit code 1")  # it lived long in between
    assert not troubles


def test_the_dead_are_named_until_somebody_was_told() -> None:
    troubles = Troubles("here")
    troubles.mourn("n1")
    troubles.mourn("n2")
    assert troubles
    assert Ear().hear(troubles.encode()) == [News(dead=("n1", "n2"))]
    troubles.told()
    assert not troubles
