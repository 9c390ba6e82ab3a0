"""A WebSocket over plain ASGI events; its pings and its compression are the server's business."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Message as AsgiEvent
from starlette.types import Receive, Send

from hubbub.errors import NORMAL, TOO_BIG, Close
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation
from hubbub.transports.asgi.carrier import EventCarrier
from hubbub.transports.asgi.unframing import Unframer
from hubbub.transports.websocket.frames import NO_STATUS, plain_frame
from hubbub.transports.websocket.protocol import WebSocketSettings


class AsgiWebSocket(EventCarrier):
    """Carry a conversation over a WebSocket that the server has accepted.

    Args:
        conversation: who talks. settings: its bounds. unframer: shared by all carriers of a process.
        send: the server's.
    """

    __slots__ = ("_message_limit", "_resumed", "_unframer")

    says_close = True

    def __init__(
        self,
        conversation: Conversation,
        settings: WebSocketSettings,
        unframer: Unframer,
        send: Send,
    ) -> None:
        super().__init__(conversation, settings, send)
        self._message_limit = settings.message_limit
        self._unframer = unframer
        self._resumed: asyncio.Event | None = None
        self.frame = plain_frame

    def pause_reading(self) -> None:
        """Take no more messages from the server, which stops reading in its turn; ignored once closing."""
        if self._close is None and self._resumed is None:
            self._resumed = asyncio.Event()

    def resume_reading(self) -> None:
        """Read on."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            resumed.set()

    async def _listen(self, conversation: Conversation, receive: Receive) -> None:
        limit = self._message_limit
        while True:
            if self._resumed is not None:
                await self._resumed.wait()
                continue
            event = await receive()
            if event["type"] == "websocket.disconnect":
                code, reason = event.get("code", NO_STATUS), event.get("reason") or ""
                self._close = self._close or Close(code, reason)
                return
            packet = _packet(event)
            if self._close is not None:
                continue
            if len(packet.data) > limit:
                self._tell_closed(TOO_BIG)
                self.close(Close(TOO_BIG.code, f"{TOO_BIG.reason}: the limit is {limit} bytes"))
            else:
                conversation.received(packet)

    def _events(self, data: bytes) -> Iterable[AsgiEvent]:
        for message in self._unframer.messages(data):
            kind = "text" if isinstance(message, str) else "bytes"
            yield {"type": "websocket.send", kind: message}

    def _last(self, close: Close) -> AsgiEvent:
        code = NORMAL.code if close.code == NO_STATUS else close.code
        return {"type": "websocket.close", "code": code, "reason": close.reason}


def _packet(event: AsgiEvent) -> Packet:
    """Return a received message; servers may give both kinds, one of them being None."""
    text: str | None = event.get("text")
    if text is not None:
        return Packet(text.encode())
    return Packet(event["bytes"], binary=True)
