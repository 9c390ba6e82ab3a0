"""The conductor: it asks the pure parts what is to be done, and does it.

Publishing goes to the broker's log; everything comes back through the feed, own publications too, so that
there is one order. What the feed brings is judged by the channel, rendered once per encoding, and written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

from hubbub.brokers.contract import Broker, Entry, Occupancy, Receiver, Stored
from hubbub.brokers.records import Bar
from hubbub.clock import Clock
from hubbub.dialects.contract import HistoryPage, Resync
from hubbub.errors import LIMIT_EXCEEDED, NOT_AVAILABLE, Refused
from hubbub.hub.catchup import Catchup
from hubbub.hub.channels import Channel
from hubbub.hub.contract import Attachment, Outlet, Statistics, Subscriber
from hubbub.hub.delivery import Delivery
from hubbub.hub.encoding import Encoding
from hubbub.hub.endings import Endings
from hubbub.hub.envelope import Published, encode
from hubbub.hub.following import Following
from hubbub.hub.healing import Healing
from hubbub.hub.membership import Membership
from hubbub.hub.past import Past
from hubbub.hub.permissions.namespaces import Namespace, Namespaces, unseen
from hubbub.hub.settings import HubSettings
from hubbub.hub.stepping import start
from hubbub.hub.strays import Strays
from hubbub.hub.upkeep import Upkeep
from hubbub.model import ChannelName, ClientInfo, Kind, Position, Publication, SessionId


class Hub:
    """Connect the subscribers of this node with the channels of the cluster.

    Args:
        broker: the engine; the hub is its receiver.
        namespaces: options of channels.
        settings: bounds and intervals.
        clock: the time.
    """

    def __init__(
        self, broker: Broker, namespaces: Namespaces, settings: HubSettings, clock: Clock
    ) -> None:
        self.broker = broker
        self.namespaces = namespaces
        self.outlets: dict[str, Outlet] = {}
        self.statistics = Statistics()
        self.settings = settings
        self._clock = clock
        self._subscribers: dict[SessionId, Subscriber] = {}
        self.delivery = Delivery(self.statistics, settings)
        self._catchup = Catchup(broker, settings, clock, self.statistics)
        self._healing = Healing(broker, self.statistics, self.delivery.take, self._tell)
        self.delivery.heal = self._healing.heal
        self._following = Following(
            broker, self.outlets, namespaces, settings, self._healing.settle
        )
        self.past = Past(broker, self._following, settings, self.statistics)
        self._strays = Strays(self._following, self.delivery)
        self._membership = Membership(broker, namespaces)
        endings = Endings(broker, self._following)
        self.upkeep = Upkeep(
            self._following, endings, self._healing, self._membership, settings, clock
        )
        self._chores = self.upkeep.chores

    # ── publishing and reading ──────────────────────────────────────────────────────────────────

    def publish(
        self,
        channel: ChannelName,
        data: bytes,
        kind: Kind = Kind.JSON,
        *,
        sender: ClientInfo | None = None,
        tags: dict[str, str] | None = None,
        exclude: SessionId = "",
        key: str = "",
        skip_history: bool = False,
    ) -> asyncio.Future[Stored]:
        """Publish to a channel; the future is done when the broker (or the channel's owner) has it.

        Args:
            channel: its name. data: the payload; valid JSON where `kind` says so. sender: who speaks.
            tags: short strings for filters. exclude: a session that must not receive it.
            key: an idempotency key; the same key within 5 minutes is the same publication.
            skip_history: whether it is for those who are there now only, without offset.

        Raises Refused at once for a bad channel; the future raises BrokerUnavailable.
        """
        namespace = self.namespaces.of_one(channel)
        namespace.check_tags(tags)
        self.statistics.published += 1
        if namespace.source:
            publication = Publication(data, kind, sender, tags, exclude, self._clock.epoch_ms())
            return self.outlets[namespace.source].write(channel, publication)
        if namespace.logged and not skip_history:
            return self.append(channel, Published(data, kind, sender, tags, exclude), key)
        said = Published(data, kind, sender, tags, exclude, self._clock.epoch_ms())
        return start(_unnumbered(self.broker.feed.announce(channel, encode(said))))

    def append(
        self, channel: ChannelName, said: Published, key: str = "", bar: Bar | None = None
    ) -> asyncio.Future[Stored]:
        """Append to the broker's log, whoever owns the channel: sources bring in their messages so."""
        retention = self.namespaces.resolve(channel).retention
        return self.broker.log.publish(channel, encode(said), retention, key, bar)

    async def history(
        self, channel: ChannelName, limit: int, since: Position | None, reverse: bool
    ) -> HistoryPage:
        """Return a page of a channel's history. See `Past.page`."""
        return await self.past.page(channel, limit, since, reverse)

    def occupied(self) -> Iterator[tuple[ChannelName, int]]:
        """Iterate the channels that somebody on this node follows, with how many do."""
        return self._following.occupied()

    async def members(self, channel: ChannelName) -> dict[SessionId, ClientInfo]:
        """Return who is in a channel. Raises Refused (108) where the namespace keeps no presence."""
        if not self._following.options(channel).presence:
            raise Refused(NOT_AVAILABLE, "this channel keeps no presence")
        return await self._membership.members(channel)

    # ── coming and going ────────────────────────────────────────────────────────────────────────

    async def attach(self, subscriber: Subscriber, wish: Attachment) -> None:
        """Make `subscriber` follow a channel; `wish.arrived` is called in the moment it becomes live.

        Raises Refused, or BrokerUnavailable.
        """
        channel = self._following.get(wish.channel) or self._follow(wish.channel)
        channel.arriving += 1
        channel.remember(self.settings.ring_size)
        try:
            while True:
                if not channel.is_live():
                    await self._following.settled(channel)
                    continue
                reply = await self._catchup.bring(channel, wish)
                if not channel.is_live():
                    continue
                if reply is not None:
                    break
                self._healing.heal(channel)
            # No await from here on: what was compared is still true.
            if not channel.audience.has_room(wish.encoding, self.settings.filter_limit):
                raise Refused(LIMIT_EXCEEDED, "this channel has as many filters as it may")
            self.delivery.flush(channel)
            if wish.arrived(reply):
                session = subscriber.info.session
                knows = wish.encoding.delta and channel.shows_changes_of(reply.publications)
                encoding = wish.encoding.entry(knows)
                channel.audience.add(encoding, session, subscriber.write)
                self._subscribers[session] = subscriber
                self.statistics.subscriptions += 1
                info, seen = subscriber.info_in(channel.name), subscriber.is_seen_in(channel.name)
                self._membership.enter(channel.name, _options(channel, seen), info)
        finally:
            channel.arriving -= 1
            self._following.check_vacancy(channel, self._clock.monotonic())

    def reroute(self, subscriber: Subscriber, name: ChannelName) -> None:
        """Write a channel's publications to a live subscriber as its `write` is now."""
        channel = self._following.get(name)
        if channel is not None:
            channel.audience.reroute(subscriber.info.session, subscriber.write)

    def recode(
        self, subscriber: Subscriber, name: ChannelName, old: Encoding, new: Encoding
    ) -> None:
        """Show a channel to a live subscriber in another encoding, by its `write` as it is now."""
        channel = self._following.get(name)
        if channel is not None:
            self.delivery.flush(channel)
            channel.audience.remove(old, subscriber.info.session)
            channel.audience.add(new, subscriber.info.session, subscriber.write)

    def detach(
        self, info: ClientInfo, name: ChannelName, encoding: Encoding, *, seen: bool = True
    ) -> None:
        """Make a live subscriber stop following a channel, in the encoding it followed it in.

        `info` is who it was there, and `seen` whether members knew of it.
        """
        channel = self._following.get(name)
        if channel is None:
            return
        self.delivery.flush(channel)
        channel.audience.remove(encoding, info.session)
        self.statistics.subscriptions -= 1
        self._membership.leave(channel.name, _options(channel, seen), info)
        self._following.check_vacancy(channel, self._clock.monotonic())

    def forget(self, session: SessionId) -> None:
        """Drop a session that follows nothing any more."""
        self._subscribers.pop(session, None)

    def _follow(self, name: ChannelName) -> Channel:
        channel = self._following.add(name)
        self.statistics.channels = len(self._following)
        self._chores.begin(self._following.establish(channel))
        return channel

    def watch(self, relieve: Callable[[], None]) -> None:
        """Have `relieve` called whenever subscribers may have fallen behind by half of `backlog_limit`."""
        self.delivery.relieve = relieve

    def watch_occupancy(self, changed: Callable[[Occupancy], None]) -> None:
        """Have `changed` called with each change of a watched channel that this node is told of.

        Each is told on one node of the cluster; a channel is vacated when it was empty for `vacancy_s`.
        """
        self._membership.occupancy_changed = changed

    # ── what the feed brings (brokers.contract.Receiver) ────────────────────────────────────────

    def admit(self, names: Iterable[ChannelName], receiver: Receiver) -> None:
        """Hand on to `receiver` what the feed brings on internal names, and tell it of interruptions."""
        self._strays.admit(names, receiver)

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Take an entry of the log from the broker's feed."""
        followed = self._following.get(channel)
        if followed is not None:
            self.delivery.take(followed, entry)
        else:
            self._strays.on_entry(channel, entry)

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Take an unnumbered message from the broker's feed."""
        followed = self._following.get(channel)
        if followed is not None:
            self.delivery.announce(followed, payload)
        else:
            self._strays.on_announcement(channel, payload)

    def on_restored(self) -> None:
        """Compare everything: the feed was interrupted."""
        self._chores.begin(self._restore())
        self._strays.on_restored()

    def deliver(self, channel: ChannelName, publication: Publication) -> None:
        """Deliver a message that another system brought to this node; it has no offset."""
        followed = self._following.get(channel)
        if followed is not None:
            self.delivery.put(followed, publication)
        else:
            self._strays.deliver(channel, publication)

    def _tell(self, channel: Channel, reason: str) -> None:
        """Tell every subscriber that a channel could not be kept gapless."""
        self.delivery.flush(channel)
        resync = Resync(channel.name, channel.position, reason)
        for session in list(channel.audience.sessions()):
            self._subscribers[session].resync(resync)

    # ── time ────────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """Do what is due; called about once a second."""
        self.upkeep.tick()
        self.statistics.channels = len(self._following)

    async def _restore(self) -> None:
        await self.upkeep.restored()
        present = [
            (
                channel.name,
                _options(channel, each.is_seen_in(channel.name)),
                each.info_in(channel.name),
            )
            for channel in self._following
            if channel.namespace.enters
            for each in map(self._subscribers.__getitem__, channel.audience.sessions())
        ]
        await self._membership.restore(entry for entry in present if entry[1].enters)

    async def close(self) -> None:
        """Finish what is on its way; the broker is closed by whoever started it."""
        self.delivery.flush_all()
        await self._membership.close()
        await self._healing.close()
        await self._chores.close()


def _options(channel: Channel, seen: bool) -> Namespace:
    """Return a channel's options for one of its subscribers."""
    return channel.namespace if seen else unseen(channel.namespace)


async def _unnumbered(announced: asyncio.Future[None]) -> Stored:
    await announced
    return Stored(Position("", 0))
