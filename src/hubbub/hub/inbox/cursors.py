"""Up to where a user's devices have acknowledged, and the user has read: a record, as values. Pure.

Fields of the record, each with the epoch that its offsets belong to (offsets of another life mean nothing):

    <epoch>:d:<device>            up to where the device has acknowledged everything
    <epoch>:a:<offset>:<device>   one message beyond that
    <epoch>:r                     up to where everything is read
    <epoch>:s:<sender>            up to where the messages of one sender are read
    <epoch>:t                     up to where the application was told what nobody acknowledged

Numbers only grow, and single messages are only added until a number has passed them, so that nodes may write
at the same time, twice, and in any order. The record lives as long as the counter of the inbox: what is kept
there never becomes unread again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hubbub.brokers.records import number_of
from hubbub.model import UserId


@dataclass(frozen=True, slots=True)
class Device:
    """What a device has acknowledged: all up to `upto`, and the single ones `ahead` of it."""

    upto: int = 0
    ahead: frozenset[int] = frozenset()

    def has(self, offset: int) -> bool:
        """Tell whether it has acknowledged a message."""
        return offset <= self.upto or offset in self.ahead

    def taking(self, upto: int, offsets: Iterable[int]) -> Device:
        """Return it when it has also acknowledged all up to `upto` and the single `offsets`."""
        reached, ahead = max(self.upto, upto), self.ahead.union(offsets)
        while reached + 1 in ahead:
            reached += 1
        return Device(reached, frozenset(offset for offset in ahead if offset > reached))


@dataclass(frozen=True, slots=True)
class Cursors:
    """What a user's record says of one epoch.

    Args:
        devices: what each has acknowledged. read: up to where everything is read.
        read_of: up to where the messages of single senders are. told: up to where the application was told.
    """

    epoch: str
    devices: Mapping[str, Device] = field(default_factory=dict)
    read: int = 0
    read_of: Mapping[UserId, int] = field(default_factory=dict)
    told: int = 0

    def device(self, name: str) -> Device:
        """Return what a device has acknowledged."""
        return self.devices.get(name, Device())

    @property
    def acknowledged(self) -> int:
        """Return up to where some device has acknowledged everything."""
        return max((device.upto for device in self.devices.values()), default=0)

    def is_acknowledged(self, offset: int) -> bool:
        """Tell whether some device has acknowledged a message."""
        return any(device.has(offset) for device in self.devices.values())

    def is_read(self, offset: int, sender: UserId) -> bool:
        """Tell whether a message of a sender is read."""
        return offset <= self.read or offset <= self.read_of.get(sender, 0)


def device_field(epoch: str, device: str) -> str:
    """Return the field of what a device has acknowledged."""
    return f"{epoch}:d:{device}"


def ahead_field(epoch: str, device: str, offset: int) -> str:
    """Return the field of one message that a device has acknowledged before older ones."""
    return f"{epoch}:a:{offset}:{device}"


def read_field(epoch: str, sender: UserId | None) -> str:
    """Return the field of what is read: of a sender, or (None) of all."""
    return f"{epoch}:r" if sender is None else f"{epoch}:s:{sender}"


def told_field(epoch: str) -> str:
    """Return the field of what the application was told of."""
    return f"{epoch}:t"


def cursors(fields: Mapping[str, bytes], epoch: str) -> Cursors:
    """Return what a record says of an epoch."""
    upto: dict[str, int] = {}
    ahead: dict[str, set[int]] = {}
    read_of: dict[UserId, int] = {}
    for name, value in fields.items():
        life, _, rest = name.partition(":")
        if life != epoch:
            continue
        kind, _, about = rest.partition(":")
        if kind == "d":
            upto[about] = number_of(value)
        elif kind == "a":
            offset, _, device = about.partition(":")
            ahead.setdefault(device, set()).add(int(offset))
        elif kind == "s":
            read_of[about] = number_of(value)
    devices = {
        device: Device(upto.get(device, 0)).taking(0, ahead.get(device, ()))
        for device in {**upto, **ahead}
    }
    read = number_of(fields.get(read_field(epoch, None)))
    told = number_of(fields.get(told_field(epoch)))
    return Cursors(epoch, devices, read, read_of, told)


def outdated(fields: Mapping[str, bytes], epoch: str) -> list[str]:
    """Return the fields that say nothing any more: of other epochs, or passed by a number."""
    read = number_of(fields.get(read_field(epoch, None)))
    names: list[str] = []
    for name, value in fields.items():
        life, _, rest = name.partition(":")
        kind, _, about = rest.partition(":")
        if kind == "a" and life == epoch:
            offset, _, device = about.partition(":")
            over = int(offset) <= number_of(fields.get(device_field(life, device)))
        else:
            over = life != epoch or (kind == "s" and number_of(value) <= read)
        if over:
            names.append(name)
    return names


def supernumerary(known: Cursors, coming: str, limit: int) -> list[str]:
    """Return the devices that make room for one that is coming: those that have acknowledged least."""
    others = sorted(set(known.devices) - {coming}, key=lambda name: (known.device(name).upto, name))
    return others[: max(0, len(others) + 1 - limit)]


def crowded_out(known: Cursors, coming: str, count: int, limit: int) -> list[tuple[str, int]]:
    """Return single messages of other devices that make room for the `count` ones of a device.

    A user has `limit` of them. All of a device go together, those first that has acknowledged least; it may
    be given these messages again.
    """
    others = sorted(set(known.devices) - {coming}, key=lambda name: (known.device(name).upto, name))
    surplus = count + sum(len(known.device(name).ahead) for name in others) - limit
    gone: list[tuple[str, int]] = []
    for name in others:
        if len(gone) >= surplus:
            break
        gone += [(name, offset) for offset in known.device(name).ahead]
    return gone
