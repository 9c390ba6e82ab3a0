from __future__ import annotations

import msgspec
from msgspec import UNSET

from hubbub.http.api.results import kept, member
from hubbub.model import ClientInfo, Kind, Publication


def test_what_is_not_known_is_left_out() -> None:
    bare = kept(Publication(b"hi", Kind.TEXT, offset=3))
    assert (bytes(bare.data), bare.time, bare.info, bare.tags) == (b'"hi"', 0, UNSET, UNSET)
    assert msgspec.json.encode(bare) == b'{"data":"hi","offset":3}'
    assert msgspec.json.encode(member(ClientInfo("ann", "s1"))) == b'{"user":"ann","client":"s1"}'


def test_a_publication_is_told_whole() -> None:
    sender = ClientInfo("ann", "s1", b'{"a":1}', b"[2]")
    whole = kept(Publication(b"\x00\x01", Kind.BINARY, sender, {"t": "u"}, "", 5, 7, 9))
    assert msgspec.json.decode(msgspec.json.encode(whole)) == {
        "data": "AAE=",
        "offset": 7,
        "time": 5,
        "info": {"user": "ann", "client": "s1", "conn_info": {"a": 1}, "chan_info": [2]},
        "tags": {"t": "u"},
    }
