"""Which options a channel has: its name's prefix up to `:` picks the namespace.

A pure table. `chat:lobby` belongs to namespace `chat`; `lobby` has none and takes the options of the
nameless one. Who may do what is an `Audience`, evaluated in `grants.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from hubbub.dialects.kinds import ABOUT, KIND
from hubbub.errors import BAD_REQUEST_ERROR, UNKNOWN_CHANNEL, Refused
from hubbub.model import ChannelName, Kind, Retention
from hubbub.names import is_legible

BOUNDARY = ":"
PRIVATE = "$"
"""First character of channels that only a token or a hook lets anybody follow."""
USER_BOUNDARY = "#"
"""What comes before the users whom a channel is limited to ..."""
USER_SEPARATOR = ","
"""... and between them."""
WILDCARD = "*"
"""Last character of a pattern, where the namespace has patterns."""
RESERVED = "!"
"""First character of Hubbub's own channels (control between nodes, probes)."""


class Data(StrEnum):
    """What a publication may be made of."""

    ANY = "any"
    JSON = "json"
    OBJECT = "object"
    """A JSON object."""
    BINARY = "binary"


class RecoveryMode(StrEnum):
    """What a client is given that comes back."""

    STREAM = "stream"
    """Everything that it missed, or nothing."""
    CACHE = "cache"
    """The latest publication, if it does not have that."""


class Audience(StrEnum):
    """Who may do a thing in a channel."""

    EVERYONE = "everyone"
    USERS = "users"
    """Whoever has a non-empty user name."""
    SUBSCRIBERS = "subscribers"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The options of all channels of one prefix.

    Args:
        history_size: publications kept per channel; 0 keeps none (gaps are still seen).
        history_ttl_s: seconds after which a kept publication is gone.
        ephemeral: publications are live only: no offset, no history, no recovery.
        presence: whether it is remembered who is in the channel.
        join_leave: whether subscribers who ask are told of joins and leaves (needs `presence`).
        occupancy_hooks: whether the application is told when the first subscriber of the cluster comes and
            the last one is gone; with or without `presence`.
        recovery: what a client is given that comes back: `stream`, all that it missed, or `cache`, the latest
            publication. auto_recover: whether that one is given to those too who come for the first time.
        delta: whether subscribers who ask are shown publications as changes of their predecessors.
        patterns: whether all channels whose names begin alike may be followed as one, such as `news:*`: live,
            without positions. A pattern matches no channel that is limited to users by its name (`#`).
        filters: whether a subscriber may ask for the publications with certain tags only.
        subscribe, publish, history, see_presence: who may.
        push_join_leave: whether subscribers are told of joins and leaves without asking.
        subscribe_hook, publish_hook: whether the application's hook decides about it, alone.
        name: a regular expression that the channel's name, without the namespace, fits as a whole ("" : any).
        data: what a publication may be made of: `any`, `json`, `object` (of JSON) or `binary`.
        message_id: the member of a JSON object that names a message, so that a client may send it again, just
            as it was, without doubling it ("" : none).
        source: the name of the configured source that owns these channels ("" : the broker does).
        typing: whether the others are shown who is writing something.
        edits: whether who published something may edit and delete it. moderate: who may delete what others
            published. reactions: whether who may publish may also react to what is there.
        mentions: the member of a JSON object that lists users, who find it in their inbox that they are
            mentioned ("" : none).
        people: whether it is remembered when users were last there, and which status they gave, and shown to
            the others (needs `presence`).
        receipts: whether it is kept, and shown to the others, up to where users have received and read.
    """

    history_size: int = 1000
    history_ttl_s: float = 7 * 86400.0
    ephemeral: bool = False
    presence: bool = True
    join_leave: bool = True
    occupancy_hooks: bool = False
    recovery: RecoveryMode = RecoveryMode.STREAM
    auto_recover: bool = False
    delta: bool = False
    patterns: bool = False
    filters: bool = True
    subscribe: Audience = Audience.EVERYONE
    publish: Audience = Audience.EVERYONE
    history: Audience = Audience.EVERYONE
    see_presence: Audience = Audience.EVERYONE
    push_join_leave: bool = False
    subscribe_hook: bool = False
    publish_hook: bool = False
    name: str = ""
    data: Data = Data.ANY
    message_id: str = "id"
    source: str = ""
    typing: bool = False
    edits: bool = False
    moderate: Audience = Audience.NOBODY
    reactions: bool = False
    receipts: bool = False
    mentions: str = ""
    people: bool = False

    @property
    def retention(self) -> Retention:
        """Return what the broker must keep."""
        return Retention(self.history_size, self.history_ttl_s)

    @property
    def enters(self) -> bool:
        """Tell whether the broker has to know who is in these channels."""
        return self.presence or self.occupancy_hooks

    @property
    def recoverable(self) -> bool:
        """Tell whether a position in these channels is worth keeping."""
        return self.history_size > 0 and self.logged

    @property
    def logged(self) -> bool:
        """Tell whether publications go through the broker's log, and so have offsets."""
        return not self.ephemeral

    @property
    def chats(self) -> bool:
        """Tell whether anything may be said about publications of these channels, or about users there."""
        return self.edits or self.reactions or self.typing or self.receipts or self.people

    def check_tags(self, tags: Mapping[str, str] | None) -> None:
        """Return when a publication may have these tags. Raises Refused (107).

        Where messages are edited, say, nothing may be taken for an edit that is none.
        """
        if tags and self.chats and (KIND in tags or ABOUT in tags):
            raise Refused(BAD_REQUEST_ERROR, f"the tags {KIND} and {ABOUT} are the server's here")

    def check_data(self, data: bytes, kind: Kind) -> None:
        """Return when these channels take such a publication. Raises Refused (107)."""
        wanted = self.data
        if wanted is Data.ANY:
            return
        if wanted is Data.BINARY:
            fits = kind is Kind.BINARY
        else:
            fits = kind is Kind.JSON and (wanted is Data.JSON or data.lstrip()[:1] == b"{")
        if not fits:
            raise Refused(BAD_REQUEST_ERROR, f"what is published here is of the kind {wanted}")

    def is_pattern(self, channel: ChannelName) -> bool:
        """Tell whether a name stands for many channels of this namespace."""
        return self.patterns and channel.endswith(WILDCARD)

    def check_name(self, channel: ChannelName) -> None:
        """Return when the namespace takes a channel of this name. Raises Refused (107)."""
        if self.is_pattern(channel):
            if BOUNDARY not in channel or WILDCARD in channel[:-1] or USER_BOUNDARY in channel:
                raise Refused(BAD_REQUEST_ERROR, "a pattern reads namespace:prefix*")
            return
        if not self.name:
            return
        public = channel.removeprefix(PRIVATE)
        if not _compiled(self.name).fullmatch(public.partition(BOUNDARY)[2] or public):
            raise Refused(BAD_REQUEST_ERROR, f"channels of this kind are named like {self.name}")


@dataclass(frozen=True, slots=True)
class Namespaces:
    """All namespaces of a server, and the rule for channel names.

    Args:
        nameless: options of channels without a prefix.
        named: options by prefix.
        open: whether an unknown prefix takes the nameless options instead of being refused.
        name_limit: the longest channel name in characters.
        inbox: options of the channels `#` and a user's name.
    """

    nameless: Namespace = field(default_factory=Namespace)
    named: Mapping[str, Namespace] = field(default_factory=dict)
    open: bool = True
    name_limit: int = 255
    inbox: Namespace = field(default_factory=Namespace)

    @property
    def every(self) -> tuple[Namespace, ...]:
        """Return all options that channels can have."""
        return (self.nameless, self.inbox, *self.named.values())

    @property
    def watched(self) -> bool:
        """Tell whether any channel's occupancy is of interest."""
        return any(each.occupancy_hooks for each in self.every)

    def resolve(self, channel: ChannelName) -> Namespace:
        """Return a channel's options.

        Raises Refused when the name is empty, too long, has control characters or a reserved first
        character (107), or names an unknown namespace (102).
        """
        if not channel or len(channel) > self.name_limit or channel[0] == RESERVED:
            raise Refused(BAD_REQUEST_ERROR, f"not a channel name: {channel[:40]!r}")
        if not is_legible(channel):
            raise Refused(BAD_REQUEST_ERROR, "a channel name has no control characters")
        namespace = self._find(channel)
        namespace.check_name(channel)
        return namespace

    def of_one(self, channel: ChannelName) -> Namespace:
        """Return the options of a channel; a pattern is none (107). Raises Refused as `resolve` does."""
        namespace = self.resolve(channel)
        if namespace.is_pattern(channel):
            raise Refused(BAD_REQUEST_ERROR, "a pattern stands for channels, and is none")
        return namespace

    def _find(self, channel: ChannelName) -> Namespace:
        if is_inbox(channel):
            return self.inbox
        prefix, boundary, _ = channel.removeprefix(PRIVATE).partition(BOUNDARY)
        if not boundary:
            return self.nameless
        namespace = self.named.get(prefix)
        if namespace is not None:
            return namespace
        if self.open:
            return self.nameless
        raise Refused(UNKNOWN_CHANNEL, f"no namespace {prefix!r} is configured")


def is_inbox(channel: ChannelName) -> bool:
    """Tell whether a channel is the inbox of one user."""
    return channel[0] == USER_BOUNDARY and not (
        USER_SEPARATOR in channel or USER_BOUNDARY in channel[1:] or len(channel) == 1
    )


@lru_cache
def unseen(namespace: Namespace) -> Namespace:
    """Return the options for somebody who counts in a channel, but of whom its members do not know."""
    return replace(namespace, presence=False)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
