from __future__ import annotations

from typing import get_args

from hubbub.dialects.chat import Amend, ChatCommand, Typing
from hubbub.dialects.commands import Command
from hubbub.dialects.kinds import Act


def test_each_is_a_command() -> None:
    assert set(get_args(ChatCommand)) < set(get_args(Command))


def test_a_typist_writes_and_a_deletion_has_no_data_where_nothing_else_is_said() -> None:
    assert Typing("room").on
    assert Amend("room", Act.DELETE, 1).data == b"null"
