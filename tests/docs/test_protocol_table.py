"""The table of the Centrifuge protocol names tests that exist, and every code that the server can give."""

from __future__ import annotations

import re

import pytest

from docs import protocol_table
from hubbub import errors

ROWS = tuple(protocol_table.rows())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_shown_by_tests_that_exist(row: protocol_table.Row) -> None:
    assert row.support in {"yes", "partly", "no"}
    assert row.tests or row.support == "no"
    assert [test for test in row.tests if not protocol_table.exists(test)] == []


def given() -> dict[str, set[str]]:
    """Return the codes that the server has, as the tables name them."""
    values = vars(errors).values()
    closes = [each for each in values if isinstance(each, errors.Close) and each.code >= 3000]
    ends = [each for each in values if isinstance(each, errors.Unsubscription)]
    return {
        "errors": {f"{e.code} {e.message}" for e in values if isinstance(e, errors.ErrorCode)},
        "disconnects": {f"{each.code} {each.reason}" for each in closes},
        "unsubscribes": {f"{each.code} {each.reason}" for each in ends},
    }


@pytest.mark.parametrize("part", ["errors", "disconnects", "unsubscribes"])
def test_every_code_of_the_server_is_in_the_table(part: str) -> None:
    named = [row.name for row in protocol_table.parts()[part] if row.support != "no"]

    assert sorted(named) == sorted(given()[part])


def test_the_codes_of_the_protocol_are_all_in_the_table() -> None:
    named = {int(row.name.split()[0]) for row in ROWS if re.match(r"\d+ ", row.name)}

    assert named >= {*range(100, 114), 3000, 3001, *range(3004, 3007), *range(3008, 3015)}
    assert named >= {*range(3500, 3510), 2000, 2500, 2501, 2502}


def test_a_test_that_is_not_there_is_found_out() -> None:
    assert protocol_table.exists(
        "tests/docs/test_protocol_table.py::test_a_test_that_is_not_there_is_found_out"
    )
    assert not protocol_table.exists("tests/docs/test_protocol_table.py::test_nothing")
    assert not protocol_table.exists("tests/docs/no_such_file.py::test_nothing")
    assert protocol_table.exists("tests/clients/matrix/rooms.mjs::page through history")
    assert not protocol_table.exists("tests/clients/matrix/rooms.mjs::page through")
