"""What Redis's error replies mean for us, and what the operator should do. Pure.

The words of a reply are never shown as they are where they could repeat a password or a payload.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class ErrorReply(Exception):
    """Carry an error reply of Redis as the reader makes it; it is a value here and is never raised."""


class Remedy(Enum):
    """What the connection does about a refused command."""

    FAIL = "fail"
    """The command fails; the connection is good."""
    RECONNECT = "reconnect"
    """The command was not executed, and this connection cannot do it: connect again and repeat."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A remedy, and a sentence about who is at fault and what to do."""

    remedy: Remedy
    sentence: str


_FAILURES = {
    "NOSCRIPT": Failure(
        Remedy.RECONNECT, "it has lost Hubbub's scripts; they are being loaded again"
    ),
    "LOADING": Failure(Remedy.RECONNECT, "it is still loading its data from disk"),
    "READONLY": Failure(
        Remedy.RECONNECT, "it is a read-only replica; the broker URL must name the master"
    ),
    "MASTERDOWN": Failure(Remedy.RECONNECT, "it is a replica that has lost its master"),
    "NOAUTH": Failure(
        Remedy.RECONNECT,
        "it wants a password; put one in the broker URL (redis://:password@host)",
    ),
    "WRONGPASS": Failure(Remedy.RECONNECT, "it refused the user or password in the broker URL"),
    "NOPERM": Failure(
        Remedy.FAIL,
        "the user in the broker URL lacks a permission; it needs +@all on its prefix's keys and channels",
    ),
    "MISCONF": Failure(
        Remedy.FAIL,
        "it refuses writes because it cannot save to disk; see its log and stop-writes-on-bgsave-error",
    ),
    "OOM": Failure(
        Remedy.FAIL, "its memory is full (maxmemory); give it more or keep less history"
    ),
    "NOREPLICAS": Failure(
        Remedy.FAIL, "it refuses writes because too few replicas follow it (min-replicas-to-write)"
    ),
    "BUSY": Failure(
        Remedy.FAIL, "it is held up by somebody's endless script (SCRIPT KILL ends it)"
    ),
    "WRONGTYPE": Failure(
        Remedy.FAIL,
        "a key that Hubbub uses holds something of another type; rename it, or let Hubbub use another one",
    ),
    "MOVED": Failure(
        Remedy.FAIL, "it is part of a Redis Cluster, and this engine is for one server"
    ),
    "CROSSSLOT": Failure(
        Remedy.FAIL, "it is part of a Redis Cluster, and this engine is for one server"
    ),
    "CLUSTERDOWN": Failure(Remedy.FAIL, "it is part of a Redis Cluster that is down"),
    "DENIED": Failure(
        Remedy.RECONNECT, "it is in protected mode and takes no connections from other machines"
    ),
}
_CODE = re.compile(r"\b[A-Z]{3,}\b")
_SPOKEN = 200


def explain(error: ErrorReply) -> Failure:
    """Return what an error reply means.

    Before Redis 7 an error inside a script comes wrapped in "ERR Error running script"; the code is
    then inside.
    """
    text = str(error)
    for code in _CODE.findall(text[:_SPOKEN]):
        if failure := _FAILURES.get(code):
            return failure
    if "max number of clients" in text:
        return Failure(Remedy.RECONNECT, "it has no room for another client (maxclients)")
    if "can't run this command" in text:
        # So it reads when a script does what its user may not.
        return _FAILURES["NOPERM"]
    # "unknown command" repeats the arguments, which may be a payload.
    return Failure(Remedy.FAIL, f"it answered: {text[:_SPOKEN].partition(', with args')[0]}")


def explain_greeting(command: str, error: ErrorReply) -> str:
    """Return a sentence about a refused step of connecting, which never repeats what was sent."""
    text = str(error)
    known = explain(error).sentence
    if command == "AUTH":
        if "without any password" in text or "no password is set" in text:
            return "it has no password, but the broker URL gives one"
        return "it refused the user or password in the broker URL"
    if command == "SELECT":
        if "NOAUTH" in text:
            return known
        return "it has no database of the number in the broker URL"
    return known
