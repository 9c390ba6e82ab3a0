from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from hubbub.errors import ProtocolViolation
from hubbub.transports.websocket.deflate import Agreement, deflate, inflate, negotiate

# A machine that is busy with other tests makes no example wrong.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
BOTH = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
PLAIN_ANSWER = Agreement(BOTH, compresses=True)

OFFERS = [
    ("permessage-deflate", PLAIN_ANSWER),
    ("Permessage-Deflate", PLAIN_ANSWER),
    ("permessage-deflate; client_max_window_bits", PLAIN_ANSWER),
    ("permessage-deflate; client_max_window_bits=9", PLAIN_ANSWER),
    ('permessage-deflate; client_max_window_bits="9"', PLAIN_ANSWER),
    ("permessage-deflate; server_no_context_takeover ; client_no_context_takeover", PLAIN_ANSWER),
    ("x-webkit-deflate-frame, permessage-deflate", PLAIN_ANSWER),
    (
        "permessage-deflate; server_max_window_bits=15",
        Agreement(f"{BOTH}; server_max_window_bits=15", compresses=True),
    ),
    (
        "permessage-deflate; server_max_window_bits=9",
        Agreement(f"{BOTH}; server_max_window_bits=9", compresses=False),
    ),
    ("permessage-deflate; server_max_window_bits=9, permessage-deflate", PLAIN_ANSWER),
    ("permessage-deflate; unknown, permessage-deflate", PLAIN_ANSWER),
    ("", None),
    ("x-webkit-deflate-frame", None),
    ("permessage-deflate; unknown", None),
    ("permessage-deflate; unknown=1", None),
    ("permessage-deflate; server_no_context_takeover=1", None),
    ("permessage-deflate; server_no_context_takeover=", None),
    ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", None),
    ("permessage-deflate; server_max_window_bits", None),
    ("permessage-deflate; server_max_window_bits=7", None),
    ("permessage-deflate; server_max_window_bits=16", None),
    ("permessage-deflate; server_max_window_bits=010", None),
    ("permessage-deflate; client_max_window_bits=", None),
    ("permessage-deflate; client_max_window_bits=x", None),
    ("permessage-deflate;", None),
]


@pytest.mark.parametrize(("offers", "agreement"), OFFERS)
def test_an_offer_is_answered_or_declined(offers: str, agreement: Agreement | None) -> None:
    assert negotiate(offers) == agreement


@unhurried
@given(st.binary(max_size=2000))
def test_messages_pass_both_ways_with_websockets(message: bytes) -> None:
    client = PerMessageDeflate(True, True, 15, 15)
    sent = client.encode(Frame(Opcode.BINARY, message))
    assert inflate(bytes(sent.data), len(message)) == message
    received = Frame(Opcode.BINARY, deflate(message), rsv1=True)
    assert client.decode(received).data == message


@unhurried
@given(st.integers(1, 5000), st.integers(-3, 3))
def test_the_limit_is_exact(size: int, more: int) -> None:
    compressed = deflate(bytes(size + 3))
    if more >= 0:
        assert inflate(compressed, size + 3 + more) == bytes(size + 3)
    else:
        with pytest.raises(ProtocolViolation) as caught:
            inflate(compressed, size + 3 + more)
        assert caught.value.close.code == 1009


def final_block(message: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(message) + compressor.flush(zlib.Z_FINISH)


def test_a_final_block_may_end_a_message() -> None:
    """RFC 7692 section 7.2.3.4, and senders that leave the empty block out."""
    assert inflate(final_block(b"Hello") + b"\x00", 100) == b"Hello"
    assert inflate(final_block(b"Hello"), 100) == b"Hello"


BAD = [b"\xff\xff\xff", b"\x06", final_block(b"a") + final_block(b"b"), b"\x00\x01\x00\x00\x00"]


@pytest.mark.parametrize("data", BAD)
def test_damaged_data_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        inflate(data, 100)
    assert caught.value.close.code == 1007


def test_a_chain_of_final_blocks_costs_nothing() -> None:
    began = time.process_time()
    with pytest.raises(ProtocolViolation):
        inflate(final_block(b"") * 100_000, 1 << 18)
    assert time.process_time() - began < 1


@unhurried
@given(st.binary(max_size=100))
def test_any_bytes_are_inflated_or_refused(data: bytes) -> None:
    try:
        assert len(inflate(data, 50)) <= 50
    except ProtocolViolation as violation:
        assert violation.close.code in {1007, 1009}
