from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.socketio.packets import (
    ATTACHMENTS_LIMIT,
    ID_LIMIT,
    NAMESPACE_LIMIT,
    Assembler,
    SocketPacket,
    Type,
    parse,
    write,
)
from hubbub.errors import ProtocolViolation
from hubbub.model import Packet

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text().filter(lambda key: key != "_placeholder"), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMESPACES = st.just("/") | st.text("abcXYZ0189-_.é中", min_size=1, max_size=20).map("/".__add__)
IDS = st.none() | st.integers(0, ID_LIMIT)


def put_together(*packets: Packet) -> list[SocketPacket]:
    assembler = Assembler()
    return [found for packet in packets if (found := assembler.feed(packet)) is not None]


# The examples of the protocol's own page, with what they mean.
EXAMPLES: list[tuple[list[bytes | bytearray], SocketPacket]] = [
    ([b"0"], SocketPacket(Type.CONNECT)),
    ([b"0/admin,"], SocketPacket(Type.CONNECT, "/admin")),
    ([b"0/admin"], SocketPacket(Type.CONNECT, "/admin")),
    ([b'0/admin,{"sid":"oSO0"}'], SocketPacket(Type.CONNECT, "/admin", None, {"sid": "oSO0"})),
    ([b'0/admin?token=1,{"a":1}'], SocketPacket(Type.CONNECT, "/admin", None, {"a": 1})),
    ([b'2["foo"]'], SocketPacket(Type.EVENT, data=["foo"])),
    ([b'2/admin,["bar"]'], SocketPacket(Type.EVENT, "/admin", None, ["bar"])),
    ([b'212["foo"]'], SocketPacket(Type.EVENT, id=12, data=["foo"])),
    ([b'3/admin,13["bar"]'], SocketPacket(Type.ACK, "/admin", 13, ["bar"])),
    ([b"1/admin,"], SocketPacket(Type.DISCONNECT, "/admin")),
    ([b"1"], SocketPacket(Type.DISCONNECT)),
    (
        [b'51-["baz",{"_placeholder":true,"num":0}]', bytearray(b"\x01\x02")],
        SocketPacket(Type.EVENT, data=["baz", b"\x01\x02"]),
    ),
    (
        [
            b'52-/admin,7["x",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
            bytearray(b"a"),
            bytearray(b"b"),
        ],
        SocketPacket(Type.EVENT, "/admin", 7, ["x", b"b", b"a"]),
    ),
    (
        [b'61-/admin,456[{"_placeholder":true,"num":0}]', bytearray(b"\x03")],
        SocketPacket(Type.ACK, "/admin", 456, [b"\x03"]),
    ),
]


@pytest.mark.parametrize(("said", "packet"), EXAMPLES, ids=lambda value: repr(value)[:40])
def test_the_examples_of_the_protocol(said: list[bytes | bytearray], packet: SocketPacket) -> None:
    found = put_together(*(Packet(bytes(each), isinstance(each, bytearray)) for each in said))

    assert found == [packet]


@given(NAMESPACES, IDS, st.text(), st.lists(VALUES, max_size=3))
def test_an_event_that_is_written_is_read(
    namespace: str, id: int | None, name: str, arguments: list[Any]
) -> None:
    packet = SocketPacket(Type.EVENT, namespace, id, [name, *arguments])

    written = write(packet)

    if len(written) - 1 <= ATTACHMENTS_LIMIT:
        assert put_together(*written) == [packet]


@given(st.integers(0, ID_LIMIT), st.lists(VALUES, max_size=3), NAMESPACES)
def test_an_acknowledgement_that_is_written_is_read(
    id: int, arguments: list[Any], namespace: str
) -> None:
    packet = SocketPacket(Type.ACK, namespace, id, arguments)

    assert put_together(*write(packet)) == [packet]


def test_what_only_a_server_says() -> None:
    packet = SocketPacket(Type.CONNECT_ERROR, "/admin", None, {"message": "not you"})

    assert write(packet) == (Packet(b'4/admin,{"message":"not you"}'),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"7",
        b"x",
        b"2",
        b"2{}",
        b"2[]",
        b"2[1]",
        b'2["a"',
        b'2["a"]x',
        b"3[]",
        b'3"a"',
        b"0[]",
        b'4{"message":"no"}',
        b"21-[]",
        b'5["a"]',
        b'5%d-["a"]' % (ATTACHMENTS_LIMIT + 1),
        b'2%d["a"]' % (ID_LIMIT + 1),
        b"2/\xff,[]",
        b'2/%b,["a"]' % (b"n" * (NAMESPACE_LIMIT + 1)),
        b'2/a\nb,["a"]',
        b"2" + b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_packet_ends_the_connection(data: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        parse(data)

    assert caught.value.close.code == 3501


@pytest.mark.parametrize(
    "said",
    [
        [Packet(b"x", binary=True)],
        [Packet(b'51-["a",{"_placeholder":true,"num":0}]'), Packet(b'2["b"]')],
        [Packet(b'51-["a",{"_placeholder":true,"num":1}]'), Packet(b"x", binary=True)],
        [Packet(b'51-["a",{"_placeholder":true,"num":-1}]'), Packet(b"x", binary=True)],
        [Packet(b'51-["a",{"_placeholder":true,"num":true}]'), Packet(b"x", binary=True)],
        [Packet(b'51-["a"]'), Packet(b"x", binary=True)],
        [Packet(b'51-["a",%b1%b]' % (b"[" * 900, b"]" * 900)), Packet(b"x", binary=True)],
    ],
    ids=lambda said: repr(said[0].data[:40]),
)
def test_bytes_that_do_not_fit_end_the_connection(said: list[Packet]) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        put_together(*said)

    assert caught.value.close.code == 3501


@given(st.lists(st.binary() | st.binary().map(lambda rest: b"2" + rest), max_size=4), st.data())
def test_no_input_does_worse_than_end_the_connection(
    said: list[bytes], data: st.DataObject
) -> None:
    assembler = Assembler()
    for each in said:
        try:
            assembler.feed(Packet(each, data.draw(st.booleans())))
        except ProtocolViolation:
            return
