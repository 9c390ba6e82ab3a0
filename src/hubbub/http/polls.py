"""Polls that name a session, answered without the ASGI app: each client has one under way at all times.

Whatever is unusual about a request, `http.polling` answers, which knows all that Engine.IO says to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from hubbub.dialects.contract import Request
from hubbub.framings.engineio import REVISION
from hubbub.http.node import Node
from hubbub.http.polling import answer_to, crowded
from hubbub.sessions.contract import Headers, Refusal
from hubbub.sessions.polls.polling import Said

Answer: TypeAlias = Callable[[int, Headers, bytes], None]
"""Answer a request, once: its status, headers and body."""


class Polls:
    """Answer polls at the paths of a node.

    Args:
        node: whose sessions are polled.
    """

    __slots__ = ("_node", "_paths")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._paths = {door.path for door in node.doors.doors if door.carrier == "polling"}

    def takes(self, request: Request) -> bool:
        """Tell whether a GET is a poll for a session, with nothing unusual about it."""
        query = request.query
        return (
            request.path in self._paths
            and bool(query.get("sid"))
            and query.get("transport") == "polling"
            and query.get("EIO") == REVISION
            and "j" not in query
            and not isinstance(self._node.doors.greet(request.headers), Refusal)
        )

    def begin(self, request: Request, answer: Answer) -> Callable[[], object]:
        """Have `answer` called, now or later; return what to call when nobody waits for it any more."""
        greeting = self._node.doors.greet(request.headers)
        headers = () if isinstance(greeting, Refusal) else greeting
        refusal = self._node.entries.polls.refuse(request.peer)
        if refusal is not None:
            status, more, body = crowded(refusal)
            answer(status, headers + more, body)
            return _nothing
        query = request.query
        told = partial(_tell, answer, headers)
        return self._node.polling.begin(query["sid"], query.get("t", ""), told)

    def hurry(self) -> None:
        """Answer those who wait for sessions of other nodes: this one stops."""
        self._node.polling.hurry()
        self._node.sockjs.sessions.hurry()

    @property
    def untold(self) -> bool:
        """Tell whether there are clients whose next request is to be told why their sessions ended."""
        return self._node.sockjs.sessions.untold


def _nothing() -> None:
    """Give up what was answered at once."""


def _tell(answer: Answer, greeting: Headers, said: Said) -> None:
    status, headers, body = answer_to(said)
    answer(status, greeting + headers, body)
