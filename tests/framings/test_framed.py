from __future__ import annotations

from hubbub.dialects import contract as say
from hubbub.dialects.text import TextDialect, TextSettings
from hubbub.errors import NORMAL, PERMISSION_DENIED
from hubbub.framings.framed import Framed, framed, wrapped
from hubbub.model import ClientInfo, Kind, Packet, Publication

ANN = ClientInfo("ann", "s1")


def bracketed(packet: Packet) -> Packet:
    return Packet(b"<%b>" % packet.data, packet.binary)


def enveloped() -> Framed:
    return Framed(TextDialect(TextSettings("json"), "room", "ann"), bracketed)


def test_each_packet_has_an_envelope_of_its_own() -> None:
    assert wrapped(bracketed, Packet(b"a")) == Packet(b"<a>")
    assert wrapped(bracketed, [Packet(b"a"), Packet(b"b", True)]) == [
        Packet(b"<a>"),
        Packet(b"<b>", True),
    ]


def test_everything_that_a_variant_shows_is_in_envelopes() -> None:
    inner = TextDialect(TextSettings("json"), "room", "ann").renderer
    renderer = enveloped().renderer
    assert renderer is framed(inner, bracketed, False)
    assert (renderer.name, renderer.joins, renderer.deltas) == (inner.name, inner.joins, None)
    publication = Publication(b"hi", Kind.TEXT)
    shown = inner.publication("room", publication)
    assert renderer.publication("room", publication) == wrapped(bracketed, shown)
    assert renderer.joined("room", ANN) == wrapped(bracketed, inner.joined("room", ANN))
    assert renderer.left("room", ANN) == wrapped(bracketed, inner.left("room", ANN))


def test_what_is_said_is_in_envelopes_and_what_is_not_said_is_not() -> None:
    dialect = enveloped()
    assert dialect.open()[0] == say.Opened()
    (command,) = dialect.heard(Packet(b"hello"))
    assert isinstance(command, say.Publish)
    failed = say.Failed(PERMISSION_DENIED)
    asked = say.Publish("room", b"hi", id=1)
    answer = TextDialect(TextSettings("json"), "room", "ann").reply(asked, failed)
    assert answer is not None
    assert dialect.reply(asked, failed) == wrapped(bracketed, answer)
    assert dialect.farewell(NORMAL) is None
    assert dialect.push(say.Renewed(5)) is None
