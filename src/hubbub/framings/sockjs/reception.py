"""What becomes of a SockJS session whose client comes and goes with its requests: a table.

idle ──come──▶ held ──full──▶ idle          a request waits for frames, takes some, and ends
held ──broke──▶ ended                       what was on its way may be lost, so the client has to begin anew
any ──end──▶ ended ──late──▶ gone           whoever comes meanwhile hears why it ended
idle ──late──▶ gone                         nobody came for too long
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

DELAY_S = 5.0
"""How long a session waits for a request before it counts as gone."""


class State(Enum):
    """Where a session is."""

    IDLE = auto()
    HELD = auto()
    ENDED = auto()
    GONE = auto()


class Event(Enum):
    """What happens to it."""

    COME = auto()
    """A request wants to be told what there is."""
    FULL = auto()
    """The request that waits has taken what it can."""
    BROKE = auto()
    """The client gave up the request that waits."""
    END = auto()
    """The server ends the session."""
    LATE = auto()
    """`DELAY_S` have passed since the session was left."""


class Action(Enum):
    """What is done about it."""

    ATTACH = auto()
    """Let the request wait."""
    REFUSE = auto()
    """Tell the request that another one waits."""
    LEAVE = auto()
    """Let go of the request, and begin to count the delay."""
    INTERRUPT = auto()
    """End the session from the client's side, and begin to count the delay."""
    FINISH = auto()
    """Tell the request that waits, if any, all and why it ended; begin to count the delay."""
    TELL = auto()
    """Tell the request what is left, and why it ended."""
    EXPIRE = auto()
    """End the session from the client's side, and forget it."""
    FORGET = auto()
    """Forget it."""


TABLE: Mapping[tuple[State, Event], tuple[State, Action]] = {
    (State.IDLE, Event.COME): (State.HELD, Action.ATTACH),
    (State.IDLE, Event.BROKE): (State.ENDED, Action.INTERRUPT),
    (State.IDLE, Event.END): (State.ENDED, Action.FINISH),
    (State.IDLE, Event.LATE): (State.GONE, Action.EXPIRE),
    (State.HELD, Event.COME): (State.HELD, Action.REFUSE),
    (State.HELD, Event.FULL): (State.IDLE, Action.LEAVE),
    (State.HELD, Event.BROKE): (State.ENDED, Action.INTERRUPT),
    (State.HELD, Event.END): (State.ENDED, Action.FINISH),
    (State.ENDED, Event.COME): (State.ENDED, Action.TELL),
    (State.ENDED, Event.LATE): (State.GONE, Action.FORGET),
}
"""What is not here cannot happen, or changes nothing."""
