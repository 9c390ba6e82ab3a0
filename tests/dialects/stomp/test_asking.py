from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hubbub.dialects.contract import Goodbye, Publish, Settle, Subscribe, Unsubscribe
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.inbox import Acknowledge
from hubbub.dialects.queues import Consume, Judge, Retire
from hubbub.dialects.stomp.answers import Asked
from hubbub.dialects.stomp.asking import FRAMES, Asking
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.renderer import Leg, renderer_of
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import ProtocolViolation, Refused
from hubbub.model import Kind

V1_2 = Version.V1_2
IDS = st.sampled_from(["a", "b", "c"])
CHANNELS = st.sampled_from(["one", "two"])
COUNTED = [Settle(0)]
"""What a frame is that asks for nothing and wants no answer; it counts as a command all the same."""


def asking() -> Asking:
    begun = Asking(1000, "/app")
    begun.version = V1_2
    return begun


def ask(of: Asking, command: str, receipt: str = "", body: bytes = b"", **headers: str) -> Any:  # noqa: ANN401
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(FRAMES[command](of, Frame(command, named, body), receipt))


def test_what_a_client_is_to_be_told_is_told_once() -> None:
    of = asking()
    number = of.ask(Asked("r"))
    assert of.count() == number + 1
    assert of.answered(number) == Asked("r")
    assert of.answered(number) == Asked()


def test_a_receipt_that_nothing_else_gives_waits_for_what_came_before() -> None:
    of = asking()
    assert ask(of, "BEGIN", transaction="t") == COUNTED
    (settle,) = ask(of, "ABORT", "r", transaction="t")
    assert settle == Settle(1)
    assert of.answered(1) == Asked("r")
    assert ask(of, "DISCONNECT") == [*COUNTED, Goodbye()]
    assert ask(of, "DISCONNECT", "bye") == [Settle(2), Goodbye()]


def consuming(mode: str = "auto", version: Version = V1_2) -> Asking:
    of = asking()
    of.version = version
    (consume,) = ask(
        of, "SUBSCRIBE", id="w", destination="/queue/work", ack=mode, prefetch_count="5"
    )
    leg = Leg("w", "", mode != "auto", "/queue/work")
    assert consume == Consume("queue:work", "w", renderer_of(version, (leg,)), 1, mode != "auto", 5)
    return of


def test_a_queue_is_consumed() -> None:
    of = consuming()
    (send,) = ask(of, "SEND", body=b"1", destination="/queue/work")
    assert send == Publish("queue:work", b"1", Kind.TEXT, 2)
    assert ask(of, "UNSUBSCRIBE", id="w") == [Retire("w", 3)]


@pytest.mark.parametrize(("mode", "alone"), [("client", False), ("client-individual", True)])
def test_what_became_of_a_message_is_judged(mode: str, alone: bool) -> None:
    of = consuming(mode)
    assert ask(of, "ACK", id="7.77@w") == [Judge("w", 7, 2, alone=alone, tag=77)]
    refused = Judge("w", 7, 3, alone=alone, done=False, tag=77)
    assert ask(of, "NACK", "r", id="7.77@w") == [refused]
    assert of.answered(3) == Asked("r")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("client", Acknowledge(2, upto=7)), ("client-individual", Acknowledge(2, offsets=(7,)))],
)
def test_messages_of_the_inbox_are_acknowledged(mode: str, expected: Acknowledge) -> None:
    of = asking()
    of.user = "li"
    (subscribe,) = ask(of, "SUBSCRIBE", id="i", destination="/user/topic/reply", ack=mode)
    assert subscribe.channel == "#li"
    leg = Leg("i", "", acks=True, destination="/user/topic/reply")
    assert subscribe.renderer == renderer_of(V1_2, (leg,))
    assert ask(of, "ACK", id="7.77@i") == [expected]
    for command, id in (("NACK", "7.77@i"), ("ACK", "0.1764000000000@i")):
        assert ask(of, command, id=id) == COUNTED
    assert ask(of, "UNSUBSCRIBE", id="i") == [Unsubscribe("#li", 3)]


def test_a_judgement_may_wait_in_a_transaction() -> None:
    of = consuming("client")
    ask(of, "BEGIN", transaction="t")
    assert ask(of, "ACK", id="7.77@w", transaction="t") == COUNTED
    assert ask(of, "SEND", body=b"1", destination="/topic/a", transaction="t") == COUNTED
    (together,) = ask(of, "COMMIT", "c", transaction="t")
    send, judge = together.commands  # what is done with a message is stored before it is done
    assert (send.data, judge.offset) == (b"1", 7)
    asked = of.answered(send.id)
    assert (asked.receipt, asked.silent) == ("c", True)
    assert asked.within.startswith("number 2 of 2")
    assert of.answered(together.id) == Asked("c")


def test_in_1_0_the_message_id_says_which_queue() -> None:
    of = consuming("client", Version.V1_0)
    assert ask(of, "ACK", message_id="queue:work@7.77") == [Judge("w", 7, 2, alone=False, tag=77)]
    assert ask(of, "ACK", message_id="room@7.77") == COUNTED


def test_a_topic_may_be_chosen_from() -> None:
    of = asking()
    (first,) = ask(of, "SUBSCRIBE", id="a", destination="/topic/a", selector="colour = 'red'")
    assert first.filter == TagFilter("", "colour", "eq", "red")
    assert ask(of, "SUBSCRIBE", id="b", destination="/topic/b", selector="")[0].filter is None


@pytest.mark.parametrize("both", [("a = '1'", ""), ("", "a = '1'"), ("a = '1'", "a = '1'")])
def test_a_topic_that_is_chosen_from_has_one_subscription(both: tuple[str, str]) -> None:
    of = asking()
    ask(of, "SUBSCRIBE", id="a", destination="/topic/a", selector=both[0])
    with pytest.raises(Refused, match="one subscription"):
        ask(of, "SUBSCRIBE", id="b", destination="/channel/a", selector=both[1])


@pytest.mark.parametrize("to", ["/queue/a", "/user/queue/a", "/app/a", "/temp-queue/a"])
def test_nothing_else_is_chosen_from(to: str) -> None:
    of = asking()
    of.user = "li"
    with pytest.raises(Refused, match="a selector chooses among the messages of a topic"):
        ask(of, "SUBSCRIBE", id="a", destination=to, selector="a = '1'")


class Client(RuleBasedStateMachine):
    """Say what any client might, and expect what a model of a few dictionaries says."""

    @initialize()
    def begin(self) -> None:
        self.of = asking()
        self.subscriptions: dict[str, str] = {}
        self.transactions: dict[str, list[bytes]] = {}
        self.said = 0

    def legs(self, channel: str) -> tuple[Leg, ...]:
        return tuple(Leg(id) for id, followed in self.subscriptions.items() if followed == channel)

    @rule(id=IDS, channel=CHANNELS)
    def subscribe(self, id: str, channel: str) -> None:
        known = self.legs(channel)
        try:
            (command,) = ask(self.of, "SUBSCRIBE", id=id, destination=f"/topic/{channel}")
        except ProtocolViolation:
            assert id in self.subscriptions
            return
        assert id not in self.subscriptions
        self.subscriptions[id] = channel
        assert isinstance(command, Subscribe)
        assert command.channel == channel
        assert command.renderer == renderer_of(V1_2, (Leg(id),))
        assert command.beside == (renderer_of(V1_2, (*known, Leg(id))) if known else None)

    @rule(id=IDS)
    def unsubscribe(self, id: str) -> None:
        try:
            (command,) = ask(self.of, "UNSUBSCRIBE", id=id)
        except ProtocolViolation:
            assert id not in self.subscriptions
            return
        channel = self.subscriptions.pop(id)
        rest = self.legs(channel)
        assert isinstance(command, Unsubscribe)
        assert command.channel == channel
        assert command.rest == (renderer_of(V1_2, rest) if rest else None)

    @rule(transaction=IDS, command=st.sampled_from(["BEGIN", "COMMIT", "ABORT"]))
    def transact(self, transaction: str, command: str) -> None:
        begun = transaction in self.transactions
        try:
            found = ask(self.of, command, transaction=transaction)
        except ProtocolViolation:
            assert begun is (command == "BEGIN")
            return
        assert begun is (command != "BEGIN")
        if command == "BEGIN":
            self.transactions[transaction] = []
            assert found == COUNTED
            return
        waiting = self.transactions.pop(transaction)
        if command == "COMMIT":
            (together,) = found
            assert [each.data for each in together.commands] == waiting
        else:
            assert found == COUNTED

    @rule(transaction=st.none() | IDS)
    def send(self, transaction: str | None) -> None:
        self.said += 1
        body = b"%d" % self.said
        to = "/topic/one"
        if transaction is None:
            (command,) = ask(self.of, "SEND", body=body, destination=to)
            assert isinstance(command, Publish)
            assert command.data == body
            return
        try:
            noted = ask(self.of, "SEND", "", body, destination=to, transaction=transaction)
            assert noted == COUNTED
        except ProtocolViolation:
            assert transaction not in self.transactions
        else:
            self.transactions[transaction].append(body)

    @invariant()
    def follows_what_it_should(self) -> None:
        for channel in ("one", "two"):
            assert self.of.subscriptions.legs(channel) == self.legs(channel)


TestClient = Client.TestCase
TestClient.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


@given(
    command=st.sampled_from(sorted(FRAMES)),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "destination",
                "id",
                "ack",
                "transaction",
                "receipt",
                "x-since",
                "x-recent",
                "reply-to",
            ]
        ),
        st.text()
        | st.sampled_from(["/topic/a", "/app/a", "/temp-queue/a", "/event/a", "a", "1.1@a"]),
    ),
)
def test_any_frame_is_understood_or_refused(command: str, headers: dict[str, str]) -> None:
    try:
        FRAMES[command](asking(), Frame(command, headers), headers.get("receipt", ""))
    except (Refused, ProtocolViolation) as fault:
        assert fault.detail
