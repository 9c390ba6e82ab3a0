"""Where everything lies in Redis. Pure.

Every key and Pub/Sub channel carries its partition's tag in braces, so that in a Redis Cluster all that
a script touches is in one slot. One server needs one partition, whose tag is `0`; a cluster engine
brings its own `partition` function and a table of balanced tags, and nothing else changes.

    prefix:{0}:m:<channel>            HASH    e epoch, o last offset, t its tag, r last tags (publish.lua)
    prefix:{0}:s:<channel>            STREAM  id <offset>-0, field f: the frame (see frames.py)
    prefix:{0}:i:<n>:<channel>:<key>  STRING  "<epoch> <offset> <tag>" of the publication with this key
    prefix:{0}:c<db>:<channel>        Pub/Sub channel of frames; Pub/Sub knows no databases, hence the number
    prefix:{0}:p:<channel>            HASH    session -> <node>/<member>
    prefix:{0}:nodes                  SET     nodes that may have presence entries
    prefix:{0}:lease:<node>           STRING  lives as long as the node renews it
    prefix:{0}:entries:<node>         SET     <n>:<channel><session> of the node's presence entries
    prefix:{0}:occupied               ZSET    watched channels: +inf, or since when empty (occupancy.lua)
    prefix:{0}:occupied:last          STRING  number of the last change of one of them
    prefix:{0}:r:<record>             HASH    the fields of a record
    prefix:{0}:records                ZSET    the names of all records, score 0: sorted by their bytes
    prefix:{0}:records:looks          ZSET    c<record> or t<record>: when it may be over (lives.lua)
    prefix:{0}:told:<token>           STRING  what a run of a script told once, for its repetition
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hubbub.errors import ConfigurationError
from hubbub.model import ChannelName

CACHED_CHANNELS = 16_384


def one_partition(channel: ChannelName) -> str:
    """Return the partition tag of a channel on a single server: always the same."""
    return "0"


class ChannelKeys(NamedTuple):
    """The names that one channel's log and feed use."""

    meta: bytes
    stream: bytes
    wire: bytes


class Layout:
    """Give the names of keys and channels under one prefix in one database."""

    __slots__ = ("_database", "_partition", "_prefix", "channel")

    def __init__(self, prefix: str, database: int) -> None:
        if not prefix or any(mark in prefix for mark in "{} \t\r\n"):
            raise ConfigurationError(
                [f"the Redis prefix {prefix!r} must not be empty nor contain braces or spaces"]
            )
        self._prefix = prefix
        self._database = database
        self._partition = one_partition
        # Publishing asks for the same few thousand names again and again; making them costs 1 us each time.
        self.channel = lru_cache(CACHED_CHANNELS)(self._channel)

    def _root(self, channel: ChannelName) -> str:
        return f"{self._prefix}:{{{self._partition(channel)}}}"

    def _channel(self, channel: ChannelName) -> ChannelKeys:
        root = self._root(channel)
        return ChannelKeys(
            f"{root}:m:{channel}".encode(),
            f"{root}:s:{channel}".encode(),
            f"{root}:c{self._database}:{channel}".encode(),
        )

    def wires(self, prefix: str) -> bytes:
        """Return what the Pub/Sub channels of all channels begin with whose names begin with `prefix`."""
        return f"{self._root('')}:c{self._database}:{prefix}".encode()

    def channel_of(self, wire: bytes) -> ChannelName:
        """Return whose Pub/Sub channel it is; raises UnicodeDecodeError where no channel can be."""
        return wire.partition(b"}:c%d:" % self._database)[2].decode()

    def idempotency(self, channel: ChannelName, key: str) -> bytes:
        """Return the key that remembers a publication's idempotency key; unambiguous for any two names."""
        return f"{self._root(channel)}:i:{len(channel)}:{channel}:{key}".encode()

    def members(self, channel: ChannelName) -> bytes:
        """Return the key of a channel's presence entries."""
        return f"{self._root(channel)}:p:{channel}".encode()

    def members_root(self) -> bytes:
        """Return what the key of every channel's presence entries begins with."""
        return f"{self._root('')}:p:".encode()

    def nodes(self) -> bytes:
        """Return the key of the set of nodes."""
        return f"{self._root('')}:nodes".encode()

    def lease_root(self) -> bytes:
        """Return what the key of every node's lease begins with."""
        return f"{self._root('')}:lease:".encode()

    def entries_root(self) -> bytes:
        """Return what the key of every node's set of entries begins with."""
        return f"{self._root('')}:entries:".encode()

    def occupied(self) -> bytes:
        """Return the key of the watched channels that are occupied."""
        return f"{self._root('')}:occupied".encode()

    def occupied_last(self) -> bytes:
        """Return the key of the number of the last change of a watched channel."""
        return f"{self._root('')}:occupied:last".encode()

    def record(self, record: str) -> bytes:
        """Return the key of a record."""
        return f"{self._root('')}:r:{record}".encode()

    def records(self) -> bytes:
        """Return the key of the names of all records."""
        return f"{self._root('')}:records".encode()

    def looks(self) -> bytes:
        """Return the key of when to look which record is over."""
        return f"{self._root('')}:records:looks".encode()

    def counters_root(self) -> bytes:
        """Return what the key of every channel's counter begins with."""
        return f"{self._root('')}:m:".encode()

    def told(self, token: str) -> bytes:
        """Return the key under which a run of a script keeps what it tells once only."""
        return f"{self._root('')}:told:{token}".encode()
