"""The names of one kind that are wished for on a subscription connection, and who waits until they stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from hubbub.brokers.redis.link import Arguments
from hubbub.brokers.redis.wishes import Wishes


class Waiter:
    """Somebody who waits until a number of names is settled."""

    __slots__ = ("done", "missing")

    def __init__(self, missing: set[bytes]) -> None:
        self.missing = missing
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, name: bytes) -> None:
        """Wait for a name no longer."""
        self.missing.discard(name)
        if not self.missing and not self.done.done():
            self.done.set_result(None)


class Wanted:
    """Keep the wishes of one kind.

    Args:
        verb, end_verb: the commands that begin and end a subscription. batch: names in one command.
    """

    __slots__ = ("_batch", "_end_verb", "_verb", "_waiters", "_wishes")

    def __init__(self, verb: str, end_verb: str, batch: int) -> None:
        self._verb = verb
        self._end_verb = end_verb
        self._batch = batch
        self._waiters: dict[bytes, list[Waiter]] = {}
        self._wishes = Wishes()

    def __contains__(self, name: bytes) -> bool:
        return name in self._wishes

    def stands(self, name: bytes) -> bool:
        """Tell whether a name is heard, at this place of what Redis sends."""
        return self._wishes.stands(name)

    def want(self, names: Sequence[bytes]) -> Waiter | None:
        """Wish for names; return what to wait for, where not all of them stand already."""
        missing = {name for name in names if not self._wishes.want(name)}
        if not missing:
            return None
        waiter = Waiter(missing)
        for name in missing:
            self._waiters.setdefault(name, []).append(waiter)
        return waiter

    def give_up(self, waiter: Waiter) -> None:
        """Wait no longer; names for which nobody else waits are released."""
        for name in waiter.missing:
            others = self._waiters.get(name, [])
            if waiter in others:
                others.remove(waiter)
            if not others:
                self._wishes.release(name)

    def release(self, name: bytes) -> None:
        """Wish for a name no longer."""
        self._wishes.release(name)

    def commands(self) -> list[Arguments]:
        """Return what is to be sent now."""
        change = self._wishes.take()
        for name in change.settled:
            self._settle(name)
        return [
            *_batched(self._verb, change.subscribe, self._batch),
            *_batched(self._end_verb, change.unsubscribe, self._batch),
        ]

    def confirm(self, name: bytes, stands: bool) -> None:
        """Learn that Redis confirmed a command for a name."""
        if self._wishes.confirm(name, stands):
            self._settle(name)

    def interrupt(self) -> None:
        """Learn that the connection is gone; everything that is wanted will be asked for again."""
        for name in self._wishes.interrupt():
            self._settle(name)

    def _settle(self, name: bytes) -> None:
        for waiter in self._waiters.pop(name, ()):
            waiter.settle(name)


def _batched(verb: str, names: list[bytes], size: int) -> Iterator[Arguments]:
    return ((verb, *names[at : at + size]) for at in range(0, len(names), size))
