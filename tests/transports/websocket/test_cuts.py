from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.contract import Pieces
from hubbub.model import Packet
from hubbub.transports.websocket.cuts import STORED_LIMIT, deflated_cut, plain_cut
from hubbub.transports.websocket.frames import plain_frame
from tests.transports.websocket.test_frames import parse, unhurried

TEXT = b"the same again and again. " * 40

pieces = st.lists(
    st.binary(max_size=40)
    | st.integers(100, 140).map(bytes)
    | st.integers(65_000, 70_000).map(bytes)
    | st.just(TEXT),
    min_size=1,
    max_size=4,
).map(tuple)


@unhurried
@given(pieces, st.binary(max_size=80), st.booleans())
def test_a_word_between_the_pieces_makes_the_frame(
    data: tuple[bytes, ...], word: bytes, binary: bool
) -> None:
    cut = plain_cut(Pieces(data, binary), len(word))
    assert len(cut) == len(data)
    whole = plain_frame(Packet(word.join(data), binary))
    assert word.join(cut) == whole
    deflated = deflated_cut(Pieces(data, binary), len(word))
    assert len(deflated) == len(data)
    framed = word.join(deflated)
    read = parse(framed, compression=True)
    assert (read.opcode, read.fin, read.data) == (1 + binary, True, word.join(data))
    assert len(framed) <= len(whole)


def test_what_is_behind_the_last_word_is_compressed_where_that_helps() -> None:
    large, small = Pieces((b"head:", b"\nack:", TEXT)), Pieces((b"head:", b"little"))
    assert len(b"sub-0".join(deflated_cut(large, 5))) < 100
    for plain in (small, Pieces((TEXT, b"tail")), Pieces((bytes(STORED_LIMIT), TEXT))):
        assert deflated_cut(plain, 5) == plain_cut(plain, 5)
