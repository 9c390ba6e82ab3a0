"""What every dialect promises, whatever its protocol: a suite that each dialect's tests inherit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.errors import (
    BAD_REQUEST_ERROR,
    INTERNAL,
    NOT_AVAILABLE,
    PERMISSION_DENIED,
    Close,
    ProtocolViolation,
)
from hubbub.model import ClientInfo, Kind, Packet, Packets, Position, Publication

CHANNEL = "chat:lobby"
TOP = Position("e9", 7, 77)
ZHANG = ClientInfo("zhang", "s1", b'{"name": "Zhang\\n"}')
PLAIN_ONE = ClientInfo("", "s2")


def json_values() -> st.SearchStrategy[Any]:
    """Return values that JSON can hold, without the floats that only some parsers read back exactly."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=8,
    )


def json_texts() -> st.SearchStrategy[bytes]:
    """Return JSON as different writers lay it out: on one line or on many, escaped or not."""
    return st.builds(
        lambda value, indent, escaped: json.dumps(
            value, indent=indent, ensure_ascii=escaped
        ).encode(),
        json_values(),
        st.sampled_from([None, 2]),
        st.booleans(),
    )


def infos() -> st.SearchStrategy[ClientInfo]:
    """Return clients with awkward names, and with what an application says about them."""
    extra = st.just(b"") | json_texts()
    return st.builds(ClientInfo, st.text(), st.text(min_size=1), extra, extra)


def publications() -> st.SearchStrategy[Publication]:
    """Return publications of every kind, ephemeral ones and anonymous ones included."""
    payload = st.one_of(
        st.tuples(json_texts(), st.just(Kind.JSON)),
        st.tuples(st.text().map(str.encode), st.just(Kind.TEXT)),
        st.tuples(st.binary(), st.just(Kind.BINARY)),
    )
    return st.builds(
        lambda both, sender, tags, time, offset, tag: Publication(
            both[0], both[1], sender, tags, "", time, offset, tag
        ),
        payload,
        st.none() | infos(),
        st.none() | st.dictionaries(st.text(), st.text(), max_size=3),
        st.integers(0, 2**42),
        st.integers(0, 2**63 - 1),
        st.integers(1, 2**32 - 1),
    )


inherited = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])
"""For property tests that several classes inherit: each run is complete in itself, so they cannot confuse."""

SOME = (
    Publication(b'{"a": 1}', Kind.JSON, ZHANG, None, "", 1000, 6, 66),
    Publication(b"hello", Kind.TEXT, None, {"k": "v"}, "", 1001, 7, 77),
)

COMMANDS: tuple[say.Command, ...] = (
    say.Connect(1, "zhang", "token", b"{}"),
    say.Subscribe(CHANNEL, 2, since=Position("e9", 5)),
    say.Subscribe(CHANNEL, 0, recent=2),
    say.Unsubscribe(CHANNEL, 3),
    say.Publish(CHANNEL, b"{}", id=4),
    say.Publish(CHANNEL, b"x", Kind.TEXT),
    say.History(CHANNEL, 5, -1),
    say.Presence(CHANNEL, 6),
    say.Presence(CHANNEL, 7, counts_only=True),
    say.Pong(),
    say.Unsupported(8, NOT_AVAILABLE),
)

REPLIES: tuple[say.Reply, ...] = (
    say.Connected("s1", 25),
    say.Subscribed(CHANNEL, TOP, True, Position("e9", 5), True, "", SOME),
    say.Subscribed(CHANNEL, TOP, True, Position("e8", 5), False, "epoch"),
    say.Subscribed(CHANNEL, TOP),
    say.Unsubscribed(CHANNEL),
    say.Published(CHANNEL, TOP),
    say.Published(CHANNEL, Position("", 0)),
    say.HistoryPage(CHANNEL, SOME, TOP),
    say.HistoryPage(CHANNEL, (), TOP),
    say.Members(CHANNEL, {"s1": ZHANG, "s2": PLAIN_ONE}),
    say.Counts(CHANNEL, 3, 2),
    say.Failed(PERMISSION_DENIED),
    say.Failed(INTERNAL, "the broker is away " + "é" * 200),
    say.Failed(BAD_REQUEST_ERROR, 'not a channel name: "\n"'),
)

EMITS = (
    say.Emit("news", (msgspec.Raw(b'{"a": 1}'),)),
    say.Emit("", (msgspec.Raw(b'"hi"'),)),
    say.Emit("", (b"\xff",)),
    say.Emit("none"),
    say.Emit("two", (1, b"\xff")),
)


def parts(packets: Packets) -> list[Packet]:
    """Return what may be one packet or several as a list."""
    return packets if isinstance(packets, list) else [packets]


def assert_readable(packets: Packets) -> None:
    """Assert that packets can go into frames."""
    assert parts(packets)
    for packet in parts(packets):
        assert isinstance(packet, Packet)
        assert type(packet.data) is bytes
        if not packet.binary:
            packet.data.decode("utf-8", "strict")


class DialectContract:
    """Inherit this, and say how the dialect is made and how its packets are read."""

    def make(self) -> say.Dialect:
        """Return a dialect whose client has been let in."""
        raise NotImplementedError

    def shown(self, packet: Packet) -> object:
        """Return the payload that a client sees in a rendered publication.

        Bytes for a binary payload and text for a text; JSON is read, unless the protocol shows its text.
        """
        raise NotImplementedError

    def whole(self, packets: Packets) -> object:
        """Return the same, where a publication may be several packets."""
        (packet,) = parts(packets)
        return self.shown(packet)

    def expected(self, publication: Publication) -> object:
        """Return what `shown` should return; read by Python's own json, which the dialects do not use."""
        if publication.kind is Kind.JSON:
            return json.loads(publication.data)
        return publication.data if publication.kind is Kind.BINARY else publication.data.decode()

    @inherited
    @given(publication=publications(), channel=st.text(min_size=1))
    @example(publication=Publication(b"", Kind.TEXT), channel=CHANNEL)
    @example(publication=Publication(b"", Kind.BINARY), channel=CHANNEL)
    @example(publication=Publication(b'"\\u2028 \\" \\\\"', Kind.JSON), channel='"\n\\')
    def test_every_publication_is_shown(self, publication: Publication, channel: str) -> None:
        renderer = self.make().renderer
        packet = renderer.publication(channel, publication)

        assert_readable(packet)
        assert self.whole(packet) == self.expected(publication)
        assert renderer.publication(channel, publication) == packet

    @inherited
    @given(info=infos(), channel=st.text(min_size=1))
    def test_joins_and_leaves_are_shown_by_who_can(self, info: ClientInfo, channel: str) -> None:
        renderer = self.make().renderer
        if not renderer.joins:
            return
        joined, left = renderer.joined(channel, info), renderer.left(channel, info)

        assert_readable(joined)
        assert_readable(left)
        assert joined != left

    def test_the_renderer_is_shared(self) -> None:
        assert self.make().renderer is self.make().renderer

    @pytest.mark.parametrize(("command", "reply"), list(product(COMMANDS, REPLIES)))
    def test_any_reply_gives_a_packet_or_nothing_or_the_end(
        self, command: say.Command, reply: say.Reply
    ) -> None:
        try:
            packet = self.make().reply(command, reply)
        except ProtocolViolation as violation:
            reason = violation.close.reason.encode()
            assert len(reason) <= 123
            assert 1000 <= violation.close.code < 5000
        else:
            if packet is not None:
                assert_readable(packet)

    def test_missed_publications_go_out_once(self) -> None:
        dialect = self.make()
        command = say.Subscribe(CHANNEL, 2, since=Position("e9", 5))
        reply = say.Subscribed(CHANNEL, TOP, True, command.since, True, "", SOME)
        packet = dialect.reply(command, reply)
        held = packet is not None and any(b"hello" in each.data for each in parts(packet))

        assert held is not dialect.replays

    @inherited
    @given(data=st.text().map(str.encode) | json_texts())
    @example(data=b"")
    @example(data=b"[" * 100_000)
    @example(data=b'{"a":' * 50_000)
    @example(data=b'{"id":1,"publish":{"channel":"c","data":' + b"[" * 50_000)
    def test_any_text_is_understood_or_refused(self, data: bytes) -> None:
        self._receives(Packet(data))

    @inherited
    @given(data=st.binary())
    def test_any_bytes_are_understood_or_refused(self, data: bytes) -> None:
        self._receives(Packet(data, binary=True))

    def _receives(self, packet: Packet) -> None:
        try:
            commands = self.make().receive(packet)
        except ProtocolViolation as violation:
            assert violation.detail
        else:
            assert isinstance(commands, Sequence)
            assert all(isinstance(command, say.Command) for command in commands)

    @pytest.mark.parametrize("push", [say.Ping(), say.Resync(CHANNEL, TOP, "gap")])
    def test_a_push_is_a_packet_or_nothing_or_the_end(self, push: say.Push) -> None:
        pushed = self.make().push(push)
        if pushed is not None and not isinstance(pushed, Close):
            assert_readable(pushed)

    @pytest.mark.parametrize("emit", EMITS, ids=range(len(EMITS)))
    def test_what_the_application_says_is_the_same_to_one_and_to_many(self, emit: say.Emit) -> None:
        dialect = self.make()
        said = dialect.renderer.emitted(emit)
        if said is not None:
            assert_readable(said)
        assert dialect.push(emit) == said

    def test_a_conversation_is_small(self) -> None:
        assert not hasattr(self.make(), "__dict__")
