"""A stream over plain ASGI events: an HTTP response that does not end, in chunks of the server's making."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message as AsgiEvent
from starlette.types import Receive, Send

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation
from hubbub.transports.asgi.carrier import EventCarrier
from hubbub.transports.streams.protocol import StreamSettings
from hubbub.transports.streams.wires import Wire


class AsgiStream(EventCarrier):
    """Carry a conversation over a response whose head and beginning the server has.

    Args:
        conversation: who talks. first: what the client said with its request, if it did.
        wire: how packets are written; not in chunks, which the server makes.
        settings: its bounds. send: the server's.
    """

    __slots__ = ("_first", "_wire")

    says_close = False

    def __init__(
        self,
        conversation: Conversation,
        first: Packet | None,
        wire: Wire,
        settings: StreamSettings,
        send: Send,
    ) -> None:
        super().__init__(conversation, settings, send)
        self._first = first
        self._wire = wire
        self.frame = wire.frame

    def ping(self) -> None:
        """Write what readers skip, where there is such a thing; that it was taken is the sign of life."""
        if self._wire.ping:
            self.write(self._wire.ping)
        if not self.backlog():
            super().ping()

    async def _listen(self, conversation: Conversation, receive: Receive) -> None:
        if self._first is not None:
            conversation.received(self._first)
        while (await receive())["type"] != "http.disconnect":
            pass

    def _events(self, data: bytes) -> Iterable[AsgiEvent]:
        return ({"type": "http.response.body", "body": data, "more_body": True},)

    def _last(self, close: Close) -> AsgiEvent:
        return {"type": "http.response.body", "body": self._wire.end}
