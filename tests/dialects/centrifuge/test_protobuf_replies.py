"""What the server says in the Protobuf coding: the answers, and what it says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects import contract as say
from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from hubbub.dialects.centrifuge.protobuf import PROTOBUF
from hubbub.errors import EXPIRED, PERMISSION_DENIED
from hubbub.model import ClientInfo, Kind, Packet, Position, Publication
from tests.contracts.dialect import PLAIN_ONE, SOME, TOP, ZHANG, infos, publications
from tests.dialects.centrifuge.wired import introduced, read
from tests.dialects.test_fossil import apply


def client_info(info: ClientInfo) -> wire.ClientInfo:
    return wire.ClientInfo(
        user=info.user,
        client=info.session,
        conn_info=info.conn_info,
        chan_info=info.chan_info,
    )


def pub(publication: Publication) -> wire.Publication:
    """Return what the library makes of a publication."""
    made = wire.Publication(
        data=publication.data,
        offset=publication.offset,
        tags=publication.tags,
        time=publication.time,
        channel=publication.channel,
    )
    if publication.sender is not None:
        made.info.CopyFrom(client_info(publication.sender))
    return made


@settings(deadline=None)
@given(st.text(min_size=1), publications(), st.text())
def test_a_push_is_what_the_library_would_write(
    channel: str, publication: Publication, pattern: str
) -> None:
    publication = Publication(
        **{name: getattr(publication, name) for name in ("data", "kind", "sender", "tags")},
        time=publication.time,
        offset=publication.offset,
        channel=pattern,
    )
    packet = PROTOBUF.renderer.publication(channel, publication)
    expected = wire.Reply(push=wire.Push(channel=channel, pub=pub(publication)))
    assert read(packet) == expected


SUBSCRIBED = wire.SubscribeResult(
    recoverable=True,
    epoch="e9",
    publications=[pub(each) for each in SOME],
    recovered=True,
    offset=5,
    positioned=True,
    was_recovering=True,
)

REPLIES: list[tuple[say.Command, say.Reply, wire.Reply]] = [
    (
        say.Connect(1),
        say.Connected(
            "s1", 25, 60, b"{}", {"c": say.Subscribed("c", Position("e9", 3), True)}, "n1", "x"
        ),
        wire.Reply(
            id=1,
            connect=wire.ConnectResult(
                client="s1",
                version="?",
                ping=25,
                pong=True,
                expires=True,
                ttl=60,
                data=b"{}",
                subs={
                    "c": wire.SubscribeResult(
                        recoverable=True, epoch="e9", offset=3, positioned=True
                    )
                },
                session="x",
                node="n1",
            ),
        ),
    ),
    (
        say.Subscribe("c", 2, Position("e9", 5)),
        say.Subscribed("c", TOP, True, Position("e9", 5), True, "", SOME),
        wire.Reply(id=2, subscribe=SUBSCRIBED),
    ),
    (
        say.Unsubscribe("c", 3),
        say.Unsubscribed("c"),
        wire.Reply(id=3, unsubscribe=wire.UnsubscribeResult()),
    ),
    (
        say.Publish("c", b"1", id=4),
        say.Published("c", TOP),
        wire.Reply(id=4, publish=wire.PublishResult()),
    ),
    (
        say.History("c", 5, -1),
        say.HistoryPage("c", SOME, TOP),
        wire.Reply(
            id=5,
            history=wire.HistoryResult(
                publications=[pub(each) for each in SOME], epoch="e9", offset=7
            ),
        ),
    ),
    (
        say.Presence("c", 6),
        say.Members("c", {"s1": ZHANG, "s2": PLAIN_ONE}),
        wire.Reply(
            id=6,
            presence=wire.PresenceResult(
                presence={"s1": client_info(ZHANG), "s2": client_info(PLAIN_ONE)}
            ),
        ),
    ),
    (say.Presence("c", 6), say.Members("c"), wire.Reply(id=6, presence=wire.PresenceResult())),
    (
        say.Presence("c", 7, True),
        say.Counts("c", 3, 2),
        wire.Reply(id=7, presence_stats=wire.PresenceStatsResult(num_clients=3, num_users=2)),
    ),
    (
        say.Rpc("m", 9),
        say.Answered(b"\xff", Kind.BINARY),
        wire.Reply(id=9, rpc=wire.RPCResult(data=b"\xff")),
    ),
    (
        say.SubRefresh("c", 11),
        say.SubRefreshed("c", 9),
        wire.Reply(id=11, sub_refresh=wire.SubRefreshResult(expires=True, ttl=9)),
    ),
    (
        say.Publish("c", b"1", id=4),
        say.Failed(PERMISSION_DENIED),
        wire.Reply(id=4, error=wire.Error(code=103, message="permission denied")),
    ),
]


@pytest.mark.parametrize(("command", "reply", "expected"), REPLIES, ids=range(len(REPLIES)))
def test_a_reply(command: say.Command, reply: say.Reply, expected: wire.Reply) -> None:
    answer = read(introduced().reply(command, reply))
    if answer.HasField("connect"):
        answer.connect.version = "?"
    assert answer == expected


@settings(deadline=None)
@given(infos())
def test_joins_and_leaves(info: ClientInfo) -> None:
    joined, left = PROTOBUF.renderer.joined("c", info), PROTOBUF.renderer.left("c", info)
    shown = read(joined).push.join.info
    assert (shown.user, shown.client) == (info.user, info.session)
    assert read(left).push == wire.Push(channel="c", leave=wire.Leave(info=shown))


def test_what_the_server_says_by_itself() -> None:
    dialect = introduced()

    def pushed(push: say.Push) -> wire.Push:
        packet = dialect.push(push)
        assert isinstance(packet, Packet)
        return read(packet).push

    assert pushed(say.Resync("c", TOP, "gap")) == wire.Push(
        channel="c", unsubscribe=wire.Unsubscribe(code=2500, reason="insufficient state")
    )
    assert pushed(say.Entered(say.Subscribed("c", TOP, True))) == wire.Push(
        channel="c",
        subscribe=wire.Subscribe(recoverable=True, epoch="e9", offset=7, positioned=True),
    )
    assert pushed(say.Emit("hi", ({"a": 1},))) == wire.Push(
        message=wire.Message(data=b'{"event":"hi","data":{"a":1}}')
    )
    assert pushed(say.Emit("", (b"\xff",))) == wire.Push(message=wire.Message(data=b"\xff"))
    assert pushed(say.Renewed(60)) == wire.Push(refresh=wire.Refresh(expires=True, ttl=60))
    assert read(dialect.farewell(EXPIRED)).push == wire.Push(
        disconnect=wire.Disconnect(code=3005, reason="connection expired", reconnect=True)
    )


def test_a_change_is_bytes_as_a_payload_is() -> None:
    renderer = PROTOBUF.renderer.deltas
    assert renderer is not None
    old, new = bytes(range(256)), bytes(range(256)) + b"!"
    packet = renderer.publication("c", Publication(new, Kind.BINARY, offset=2, base=old))
    pub_ = read(packet).push.pub
    assert (pub_.delta, pub_.offset, apply(old, pub_.data)) == (True, 2, new)
    whole = Publication(new, Kind.BINARY, ZHANG, offset=2)
    assert renderer.publication("c", whole) == PROTOBUF.renderer.publication("c", whole)
