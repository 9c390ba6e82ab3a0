"""What a client subscribed to: several subscriptions may be to one channel, and each hears every message."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.dialects.filters import TagFilter
from hubbub.dialects.stomp.destinations import Place, Realm
from hubbub.dialects.stomp.renderer import BY_SERVER, Leg
from hubbub.errors import BAD_REQUEST, ProtocolViolation
from hubbub.model import ChannelName

SUBSCRIPTIONS_LIMIT = 512
"""Subscriptions of one connection."""
ID_LIMIT = 256
"""Characters of what a client calls a subscription."""
DESTINATION_LIMIT = 512
"""Characters of what it is to: they stand in each of its messages."""


class Subscription(NamedTuple):
    """One subscription.

    Args:
        id: how the client calls it ("": by its destination, in 1.0). place: what it is to.
        channel: what is followed for it, where that is one.
        acks: whether its messages are acknowledged. cumulative: whether those before are meant too then.
        filter: what its messages must have, where not all are wanted.
    """

    id: str
    place: Place
    channel: ChannelName = ""
    acks: bool = False
    cumulative: bool = False
    filter: TagFilter | None = None

    @property
    def key(self) -> str:
        """Return by what it is found."""
        return self.id or self.place.destination

    @property
    def leg(self) -> Leg:
        """Return how its messages look."""
        place = self.place
        if place.realm is Realm.CHANNEL:
            return Leg(self.id, place.prefix, self.acks)
        return Leg(self.id, "", self.acks, place.destination)


class Subscriptions:
    """Know the subscriptions of one connection."""

    __slots__ = ("_by_server", "_legs", "_subscriptions")

    def __init__(self) -> None:
        self._subscriptions: dict[str, Subscription] = {}
        self._legs: dict[ChannelName, tuple[Leg, ...]] = {}
        self._by_server: set[ChannelName] = set()

    def get(self, key: str) -> Subscription | None:
        """Return a subscription; None where there is none of this name."""
        return self._subscriptions.get(key)

    def to(self, place: Place) -> Subscription | None:
        """Return the first subscription to a destination."""
        each = self._subscriptions.values()
        return next((found for found in each if found.place == place), None)

    def of(self, channel: ChannelName) -> Subscription | None:
        """Return the first subscription that is about a channel, a queue's included."""
        each = self._subscriptions.values()
        return next(
            (found for found in each if channel in {found.channel, found.place.channel}), None
        )

    def chooses(self, channel: ChannelName) -> bool:
        """Tell whether a subscription to a channel has a filter."""
        return any(each.filter and each.channel == channel for each in self._subscriptions.values())

    def follows(self, channel: ChannelName) -> bool:
        """Tell whether the connection follows a channel."""
        return channel in self._legs or channel in self._by_server

    def legs(self, channel: ChannelName) -> tuple[Leg, ...]:
        """Return how the messages of a channel look; () where it is not followed."""
        legs = self._legs.get(channel, ())
        return legs or ((BY_SERVER,) if channel in self._by_server else ())

    def add(self, subscription: Subscription) -> None:
        """Note a subscription. Raises ProtocolViolation (3501)."""
        if subscription.key in self._subscriptions:
            raise ProtocolViolation(BAD_REQUEST, "a subscription has this id already")
        if len(subscription.id) > ID_LIMIT:
            raise ProtocolViolation(
                BAD_REQUEST, f"the id of a subscription has at most {ID_LIMIT} characters"
            )
        if len(subscription.place.destination) > DESTINATION_LIMIT:
            raise ProtocolViolation(
                BAD_REQUEST, f"what is subscribed to has at most {DESTINATION_LIMIT} characters"
            )
        if len(self._subscriptions) >= SUBSCRIPTIONS_LIMIT:
            raise ProtocolViolation(BAD_REQUEST, f"more than {SUBSCRIPTIONS_LIMIT} subscriptions")
        self._subscriptions[subscription.key] = subscription
        channel = subscription.channel
        if channel:
            self._legs[channel] = (*self._legs.get(channel, ()), subscription.leg)

    def remove(self, key: str) -> Subscription:
        """Forget a subscription, and return it. Raises ProtocolViolation (3501) where there is none."""
        subscription = self._subscriptions.pop(key, None)
        if subscription is None:
            raise ProtocolViolation(BAD_REQUEST, "there is no subscription of this id")
        channel = subscription.channel
        if channel:
            legs = tuple(leg for leg in self._legs[channel] if leg != subscription.leg)
            if legs:
                self._legs[channel] = legs
            else:
                del self._legs[channel]
        return subscription

    def entered(self, channel: ChannelName) -> None:
        """Note that the server made the connection follow a channel."""
        self._by_server.add(channel)

    def ended(self, channel: ChannelName) -> bool:
        """Note that the server ended that, and tell whether the client waits for messages of the channel."""
        self._by_server.discard(channel)
        return channel in self._legs
