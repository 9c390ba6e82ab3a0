"""What the frames of a client that introduced itself ask, and what it is to be told of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import structs

from hubbub.dialects.contract import (
    Command,
    Goodbye,
    Rpc,
    Settle,
    Subscribe,
    Together,
    Unsubscribe,
)
from hubbub.dialects.inbox import Acknowledge
from hubbub.dialects.queues import Consume, Judge, Retire
from hubbub.dialects.stomp import cursor, requests
from hubbub.dialects.stomp.answers import Asked
from hubbub.dialects.stomp.cursor import Acked
from hubbub.dialects.stomp.destinations import Place, Realm
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.renderer import renderer_of
from hubbub.dialects.stomp.subscriptions import Subscription, Subscriptions
from hubbub.dialects.stomp.transactions import Transactions
from hubbub.dialects.stomp.versions import Version
from hubbub.model import UserId


class Asking:
    """Hold what one client asked.

    Each method takes a frame and what the client calls the receipt that it wants ("": none), and returns
    commands; they raise Refused or ProtocolViolation for what cannot be understood.

    Args:
        limit: bytes of what may wait in transactions.
        application: what stands before the names of functions in destinations.
    """

    __slots__ = (
        "_application",
        "_asked",
        "_last",
        "_transactions",
        "address",
        "subscriptions",
        "user",
        "version",
    )

    def __init__(self, limit: int, application: str) -> None:
        self.version = Version.V1_0
        self.user: UserId = ""
        """Who the client is, once that is known."""
        self.address = ""
        """Where other clients can answer it."""
        self.subscriptions = Subscriptions()
        self._application = application
        self._transactions = Transactions(limit)
        self._asked: dict[int, Asked] = {}
        self._last = 0

    def count(self) -> int:
        """Return a number that this connection did not have yet."""
        self._last += 1
        return self._last

    def ask(self, asked: Asked) -> int:
        """Note what the client wants to be told, and return what the command is to be known by."""
        number = self.count()
        self._asked[number] = asked
        return number

    def answered(self, number: int) -> Asked:
        """Return what the client wants to be told of a command, and forget it."""
        return self._asked.pop(number, _NOTHING)

    # ── frames ──────────────────────────────────────────────────────────────────────────────────

    def disconnect(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Say goodbye once all that was said before is done."""
        return (*self._settle(wanted), Goodbye())

    def _settle(self, wanted: str) -> Sequence[Command]:
        """Return what gives a RECEIPT once all that came before is done, or counts as a command at least."""
        return (Settle(self.ask(Asked(wanted)) if wanted else 0),)

    def send(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Publish, or call a function; in a transaction later."""
        where = requests.place(requests.required(frame, "destination"), self._application)
        asked = Asked(wanted)
        if where.realm is Realm.CALL:
            to = requests.answers(frame, self._application)
            correlation = frame.headers.get("correlation-id", "")
            asked = Asked(wanted, False, self.answered_to(to) if to else None, correlation)
        else:
            frame = requests.answerable(frame, self.address)
        if "transaction" in frame.headers:
            command = requests.send(frame, where, self.ask(asked._replace(receipt="")))
            self._transactions.add(frame.headers["transaction"], command, len(frame.body))
            return self._settle(wanted)
        return (requests.send(frame, where, self.ask(asked)),)

    def answered_to(self, place: Place) -> Subscription:
        """Return the subscription to a place; one that the client did not make is called like the place."""
        return self.subscriptions.to(place) or Subscription("", place)

    def subscribe(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Follow a channel, have a function called, or hear what is said to this client."""
        subscription = requests.subscription(frame, self._application, self.version, self.user)
        place, channel = subscription.place, subscription.channel
        followed = self.subscriptions.follows(channel)
        if followed and (subscription.filter or self.subscriptions.chooses(channel)):
            raise requests.bad("a topic has one subscription of a client where that has a selector")
        self.subscriptions.add(subscription)
        if channel:
            return (self._follow(frame, subscription, wanted, followed=followed),)
        if place.realm is Realm.QUEUE:
            return (self._consume(frame, subscription, wanted),)
        if place.realm is Realm.CALL:
            return (Rpc(place.name, self.ask(Asked(wanted, False, subscription)), b"null"),)
        return self._settle(wanted)

    def _follow(
        self, frame: Frame, subscription: Subscription, wanted: str, *, followed: bool
    ) -> Command:
        channel, headers = subscription.channel, frame.headers
        word = headers.get("x-since", "")
        beside = renderer_of(self.version, self.subscriptions.legs(channel)) if followed else None
        return Subscribe(
            channel,
            self.ask(Asked(wanted)),
            cursor.since(channel, word) if word else None,
            requests.recent(frame),
            # Where no RECEIPT can tell that something is missing, an ERROR does.
            reject_unrecovered=bool(word and not wanted),
            token=headers.get("token", ""),
            filter=subscription.filter,
            renderer=renderer_of(self.version, (subscription.leg,)),
            beside=beside,
        )

    def _consume(self, frame: Frame, subscription: Subscription, wanted: str) -> Command:
        return Consume(
            subscription.place.channel,
            subscription.key,
            renderer_of(self.version, (subscription.leg,)),
            self.ask(Asked(wanted)),
            subscription.acks,
            requests.prefetch(frame),
            frame.headers.get("token", ""),
        )

    def unsubscribe(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """End a subscription; a channel is followed as long as another one is to it."""
        named = "id" if self.version is not Version.V1_0 or "id" in frame.headers else "destination"
        subscription = self.subscriptions.remove(requests.required(frame, named))
        channel = subscription.channel
        if subscription.place.realm is Realm.QUEUE:
            return (Retire(subscription.key, self.ask(Asked(wanted))),)
        if not channel:
            return self._settle(wanted)
        legs = self.subscriptions.legs(channel)
        rest = renderer_of(self.version, legs) if legs else None
        return (Unsubscribe(channel, self.ask(Asked(wanted)), rest),)

    def ack(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Say what became of a message of a queue, or of the inbox.

        Of another channel everybody gets every message all the same, and nobody has one that is ephemeral, so
        that nothing comes of either.
        """
        key, message = requests.acked(frame, self.version)
        subscription = self.subscriptions.get(key) or self._named(frame)
        judgement = _judgement(frame, subscription, message) if subscription else None
        if judgement is None:
            return self._settle(wanted)
        if "transaction" in frame.headers:
            command = structs.replace(judgement, id=self.ask(Asked()))
            self._transactions.add(frame.headers["transaction"], command, 0)
            return self._settle(wanted)
        return (structs.replace(judgement, id=self.ask(Asked(wanted))),)

    def _named(self, frame: Frame) -> Subscription | None:
        """Return the subscription to the channel in a `message-id`, which is all that 1.0 has to say."""
        channel = frame.headers.get("message-id", "").rpartition("@")[0]
        return self.subscriptions.of(channel) if self.version is Version.V1_0 else None

    def begin(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Begin a transaction."""
        self._transactions.begin(requests.required(frame, "transaction"))
        return self._settle(wanted)

    def commit(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Do what a transaction holds back; what it acknowledges comes last, once the rest is stored."""
        name = requests.required(frame, "transaction")
        waiting = self._transactions.end(name)
        for number, command in enumerate(waiting, 1):
            asked = self._asked[command.id]
            within = f"number {number} of {len(waiting)} in the transaction; what it sent before is stored"
            self._asked[command.id] = asked._replace(receipt=wanted, silent=True, within=within)
        waiting.sort(key=lambda command: isinstance(command, _JUDGEMENTS))
        return (Together(tuple(waiting), self.ask(Asked(wanted))),)

    def abort(self, frame: Frame, wanted: str) -> Sequence[Command]:
        """Forget what a transaction holds back."""
        for command in self._transactions.end(requests.required(frame, "transaction")):
            self._asked.pop(command.id, None)
        return self._settle(wanted)


def _judgement(
    frame: Frame, subscription: Subscription, message: Acked
) -> Judge | Acknowledge | None:
    alone, done = not subscription.cumulative, frame.command == "ACK"
    realm, offset = subscription.place.realm, message.offset
    if not message.is_kept:
        return None
    if realm is Realm.QUEUE:
        return Judge(subscription.key, offset, alone=alone, done=done, tag=message.tag)
    if realm is Realm.USER and done:
        return Acknowledge(offsets=(offset,)) if alone else Acknowledge(upto=offset)
    return None


_NOTHING: Final = Asked()
_JUDGEMENTS: Final = (Judge, Acknowledge)

FRAMES: Mapping[str, Callable[[Asking, Frame, str], Sequence[Command]]] = {
    "SEND": Asking.send,
    "SUBSCRIBE": Asking.subscribe,
    "UNSUBSCRIBE": Asking.unsubscribe,
    "ACK": Asking.ack,
    "NACK": Asking.ack,
    "BEGIN": Asking.begin,
    "COMMIT": Asking.commit,
    "ABORT": Asking.abort,
    "DISCONNECT": Asking.disconnect,
}
"""What a client may say once it has introduced itself."""
