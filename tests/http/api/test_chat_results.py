from __future__ import annotations

import msgspec

from hubbub.http.api.chat_results import RoomResult, RoomsResult
from hubbub.http.api.results import Complaint


def test_a_room_has_its_numbers_or_says_why_not() -> None:
    rooms = {
        "a": RoomResult(0, read=1, offset=1, epoch="e"),
        "b": RoomResult(error=Complaint(103, "no")),
    }
    assert msgspec.to_builtins(RoomsResult(rooms)) == {
        "rooms": {
            "a": {"unread": 0, "read": 1, "offset": 1, "epoch": "e"},
            "b": {"error": {"code": 103, "message": "no"}},
        }
    }
